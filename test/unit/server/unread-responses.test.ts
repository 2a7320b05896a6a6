import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createUnreadResponses } from '../../../src/server/limits/unread-responses.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Answers of ten bytes each that begin to wait, and the names of those that were given up. */
function startWaiting(limits: { timeoutMs: number; maxBytes: number; graceMs: number }) {
  const unread = createUnreadResponses(limits)
  const givenUp: string[] = []
  const add = (name: string) =>
    unread.add({ bytes: () => 10, abort: () => void givenUp.push(name) })
  return { add, givenUp }
}

test('when they are too much, the oldest are given up after a moment until the others have room', () => {
  const { add, givenUp } = startWaiting({ timeoutMs: 60_000, maxBytes: 25, graceMs: 1_000 })
  const leave = add('taken')
  for (const name of ['first', 'second', 'third', 'fourth']) add(name)
  leave()
  vi.advanceTimersByTime(1_000)
  expect(givenUp).toEqual([])
  vi.advanceTimersByTime(250)
  expect(givenUp).toEqual(['first', 'second'])
  vi.advanceTimersByTime(50_000)
  expect(givenUp).toEqual(['first', 'second'])
})

test('a response that is not read in time is dropped, and checking stops', () => {
  const { add, givenUp } = startWaiting({ timeoutMs: 5_000, maxBytes: 100, graceMs: 1_000 })
  add('late')
  vi.advanceTimersByTime(3_000)
  add('later')
  vi.advanceTimersByTime(2_250)
  expect(givenUp).toEqual(['late'])
  vi.advanceTimersByTime(3_000)
  expect(givenUp).toEqual(['late', 'later'])
  expect(vi.getTimerCount()).toBe(0)
})
