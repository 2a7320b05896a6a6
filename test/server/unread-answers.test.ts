import { expect, test, vi } from 'vitest'
import { createUnreadAnswers } from '../../src/server/unread-answers.ts'

/** Answers of ten bytes each that begin to wait, and the names of those that were given up. */
function startWaiting(limits: { after: number; most?: number; grace?: number }) {
  const unread = createUnreadAnswers(limits)
  const givenUp: string[] = []
  const add = (name: string) =>
    unread.add({ bytes: () => 10, giveUp: () => void givenUp.push(name) })
  return { add, givenUp }
}

test('the oldest are given up until the others have room', async () => {
  const { add, givenUp } = startWaiting({ after: 60_000, most: 25, grace: 0 })
  const leave = add('taken')
  for (const name of ['first', 'second', 'third', 'fourth']) add(name)
  leave()
  await vi.waitFor(() => expect(givenUp).toEqual(['first', 'second']))
})

test('however many they are, each has a moment in which it can be taken', async () => {
  const { add, givenUp } = startWaiting({ after: 100, most: 5, grace: 60_000 })
  const leave = add('taken')
  await new Promise((resolve) => setTimeout(resolve, 60))
  leave()
  add('late')
  await vi.waitFor(() => expect(givenUp).toEqual(['late']))
})
