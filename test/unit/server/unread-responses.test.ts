import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createUnreadResponses } from '../../../src/server/limits/unread-responses.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Adds unread responses of ten bytes each, and lists the names of those that were dropped. */
function startWaiting(limits: { timeoutMs: number; maxBytes: number; graceMs: number }) {
  const unread = createUnreadResponses(limits)
  const dropped: string[] = []
  const add = (name: string) =>
    unread.add({ bytes: () => 10, abort: () => void dropped.push(name) })
  return { add, dropped }
}

test('above the size limit the oldest responses are dropped after the grace period', () => {
  const { add, dropped } = startWaiting({ timeoutMs: 60_000, maxBytes: 25, graceMs: 1_000 })
  const leave = add('taken')
  for (const name of ['first', 'second', 'third', 'fourth']) add(name)
  leave()
  vi.advanceTimersByTime(1_000)
  expect(dropped).toEqual([])
  vi.advanceTimersByTime(250)
  expect(dropped).toEqual(['first', 'second'])
  vi.advanceTimersByTime(50_000)
  expect(dropped).toEqual(['first', 'second'])
})

test('a response that is not read in time is dropped, and checking stops', () => {
  const { add, dropped } = startWaiting({ timeoutMs: 5_000, maxBytes: 100, graceMs: 1_000 })
  add('late')
  vi.advanceTimersByTime(3_000)
  add('later')
  vi.advanceTimersByTime(2_250)
  expect(dropped).toEqual(['late'])
  vi.advanceTimersByTime(3_000)
  expect(dropped).toEqual(['late', 'later'])
  expect(vi.getTimerCount()).toBe(0)
})
