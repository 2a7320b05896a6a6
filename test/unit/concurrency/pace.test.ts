import { expect, test } from 'vitest'
import { createPace } from '../../../src/concurrency/pace.ts'

/** A pace of two a turn, whose turns the test begins. */
function startPace() {
  const turns: (() => void)[] = []
  const pace = createPace(2, (work) => turns.push(work))
  const begun: string[] = []
  const ask = (name: string, { owner = 'one', ahead = false } = {}) =>
    void pace.next({ owner, ahead }).then(() => begun.push(name))
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return {
    begun,
    ask,
    settle,
    async nextTurn() {
      turns.shift()?.()
      await settle()
    },
    turns,
  }
}

test('as many tasks as fit into a turn begin at once, the others in the following turns', async () => {
  const { ask, begun, nextTurn, settle } = startPace()
  for (const name of ['a', 'b', 'c', 'd', 'e']) ask(name)
  await settle()
  expect(begun).toEqual(['a', 'b'])
  await nextTurn()
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
  await nextTurn()
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('an urgent task begins before waiting tasks that are not urgent', async () => {
  const { ask, begun, nextTurn } = startPace()
  for (const name of ['a', 'b', 'c', 'd']) ask(name)
  ask('first', { ahead: true })
  ask('second', { ahead: true })
  ask('third', { ahead: true })
  await nextTurn()
  await nextTurn()
  await nextTurn()
  expect(begun).toEqual(['a', 'b', 'first', 'second', 'third', 'c', 'd'])
})

test('the owners of waiting tasks take turns, however many tasks one of them has', async () => {
  const { ask, begun, nextTurn } = startPace()
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) ask(name, { owner: 'hostile' })
  ask('other', { owner: 'other' })
  await nextTurn()
  await nextTurn()
  expect(begun.slice(0, 4).sort()).toEqual(['a', 'b', 'c', 'other'])
})

test('after a turn without tasks no turn is scheduled, and the next task begins at once', async () => {
  const { ask, begun, nextTurn, settle, turns } = startPace()
  ask('a')
  await nextTurn()
  expect(turns).toEqual([])
  ask('b')
  ask('c')
  await settle()
  expect(begun).toEqual(['a', 'b', 'c'])
})
