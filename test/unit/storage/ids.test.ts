import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { lowestId, newId } from '../../../src/storage/ids.ts'

test('the lowest id of a time lies between those made before it and those made from then on', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  // Only forwards: ids ascend within a process, even when its clock is set back.
  let now = Date.UTC(2001, 0, 1)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200_000_000 }), (step) => {
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

test('there is a lowest id for the beginning of time and for a far future', () => {
  expect(lowestId('evt', new Date(0)) < newId('evt')).toBe(true)
  expect(newId('evt') < lowestId('evt', new Date(Date.UTC(9999, 0, 1)))).toBe(true)
})
