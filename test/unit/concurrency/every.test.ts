import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/concurrency/clock.ts'
import { every } from '../../../src/concurrency/every.ts'
import { SILENT } from '../../helpers/silent-log.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const EVERY_MS = 1_000

const ending = fc.record({
  how: fc.constantFrom('resolves', 'rejects', 'throws'),
  afterMs: fc.integer({ min: 0, max: 3 * EVERY_MS }),
})

test('periodic work runs one at a time until it is stopped, whether a run succeeds, fails or is slow', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(ending, { maxLength: 10 }), async (endings) => {
      let runs = 0
      let under = 0
      const periodic = every({ clock: systemClock, log: SILENT }, EVERY_MS, () => {
        runs += 1
        const { how, afterMs } = endings[runs - 1] ?? { how: 'resolves', afterMs: 0 }
        if (how === 'throws') throw new Error('the work fails at once')
        return run(how, afterMs)
      })
      async function run(how: string, afterMs: number) {
        expect(under).toBe(0)
        under += 1
        await new Promise((resolve) => setTimeout(resolve, afterMs))
        under -= 1
        if (how === 'rejects') throw new Error('the work fails')
      }
      await vi.advanceTimersByTimeAsync((endings.length + 1) * 4 * EVERY_MS)
      expect(runs).toBeGreaterThan(endings.length)
      const before = runs
      await vi.advanceTimersByTimeAsync(2 * EVERY_MS)
      expect(runs).toBe(before + 2)
      const stopping = periodic.stop()
      await vi.advanceTimersByTimeAsync(10 * EVERY_MS)
      await stopping
      expect(runs).toBe(before + 2)
    }),
  )
})
