import { expect, test } from 'vitest'
import { createGroupCommit } from '../../../src/concurrency/group-commit.ts'

const done = <Result>(value: Result) => ({ status: 'fulfilled', value }) as const

/** Writes one group at a time, each when the test lets it. */
function heldWrites() {
  const groups: number[][] = []
  const held: PromiseWithResolvers<void>[] = []
  const write = async (items: number[]) => {
    groups.push(items)
    held.push(Promise.withResolvers())
    await held.at(-1)!.promise
    return items.map((item) => done(item * 10))
  }
  return { groups, write, finish: () => held.at(-1)!.resolve() }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('one item is written immediately, and items that arrive meanwhile are written together', async () => {
  const { groups, write, finish } = heldWrites()
  const commit = createGroupCommit(write, 10)
  const first = commit.add(1)
  await turn()
  const rest = [commit.add(2), commit.add(3)]
  await turn()
  expect(groups).toEqual([[1]])
  finish()
  expect(await first).toBe(10)
  await turn()
  finish()
  expect(await Promise.all(rest)).toEqual([20, 30])
  expect(groups).toEqual([[1], [2, 3]])
})

test('no group is larger than its size, and the order is kept', async () => {
  const groups: number[][] = []
  const commit = createGroupCommit(async (items: number[]) => {
    groups.push(items)
    return items.map(done)
  }, 3)
  expect(await Promise.all([1, 2, 3, 4, 5, 6, 7].map(commit.add))).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(groups).toEqual([[1, 2, 3], [4, 5, 6], [7]])
})

test('a refusal rejects its item, a failed write rejects its group, and the next group is written', async () => {
  let broken = false
  const commit = createGroupCommit(async (items: number[]) => {
    if (broken) throw new Error('no database')
    return items.map((item) =>
      item < 0 ? ({ status: 'rejected', reason: new Error('negative') } as const) : done(item),
    )
  }, 10)
  const [good, bad] = await Promise.allSettled([commit.add(1), commit.add(-1)])
  expect(good).toMatchObject({ value: 1 })
  expect(bad).toMatchObject({ reason: { message: 'negative' } })
  broken = true
  const all = await Promise.allSettled([commit.add(2), commit.add(3)])
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  broken = false
  expect(await commit.add(4)).toBe(4)
})

test('it is idle when everything is written, including items that were added meanwhile', async () => {
  const { groups, write, finish } = heldWrites()
  const commit = createGroupCommit(write, 10)
  void commit.add(1)
  await turn()
  void commit.add(2)
  const idle = commit.idle().then(() => groups.length)
  finish()
  await turn()
  finish()
  expect(await idle).toBe(2)
  await commit.idle()
})
