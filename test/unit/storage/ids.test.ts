import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { idAfter, lowestId, newId, timeOfId } from '../../../src/storage/ids.ts'

test('the lowest id of a time lies between those made before it and those made from then on', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  // Only forwards, and hardly into the future: the ids of a process ascend, even when its clock is set back.
  let now = Date.now() + 1_000
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), (step) => {
      now += step
      vi.setSystemTime(now - 1)
      const before = newId('evt')
      vi.setSystemTime(now)
      const from = newId('evt')
      const lowest = lowestId('evt', new Date(now))
      expect(before < lowest).toBe(true)
      expect(lowest <= from).toBe(true)
    }),
    { numRuns: 500 },
  )
  vi.useRealTimers()
})

test('the lowest ids ascend with their times, which can be read from them', () => {
  const time = fc.date({
    min: new Date(0),
    max: new Date(Date.UTC(9999, 0, 1)),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(time, time, (one, other) => {
      const [first, second] = [one, other].map((time) => lowestId('evt', time))
      expect(timeOfId(first!)).toEqual(one)
      expect(first! < second!).toBe(one < other)
    }),
  )
})

test('there is a lowest id for the beginning of time and for a far future', () => {
  expect(lowestId('evt', new Date(0)) < newId('evt')).toBe(true)
  expect(newId('evt') < lowestId('evt', new Date(Date.UTC(9999, 0, 1)))).toBe(true)
})

test('an id after one of a process whose clock is ahead is above it, and in the next millisecond', () => {
  const now = Date.now()
  for (const ahead of [0, 1, 900, 3_600_000]) {
    const last = lowestId('log', new Date(now + ahead)).replace(/.{8}$/, 'zzzzzzzz')
    const next = idAfter(last, newId('log'))
    expect(next > last).toBe(true)
    expect(next).toMatch(/^log_[0-9a-z]{26}$/)
    if (ahead > 1_000) expect(timeOfId(next)?.getTime()).toBe(now + ahead + 1)
  }
  const id = newId('log')
  expect(idAfter('', id)).toBe(id)
})
