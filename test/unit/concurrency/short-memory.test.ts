import { expect, test } from 'vitest'
import { systemClock } from '../../../src/concurrency/clock.ts'
import { createShortCache } from '../../../src/concurrency/short-cache.ts'

function createMemory() {
  const time = { now: 0 }
  const memory = createShortCache<string>({ ...systemClock, now: () => time.now })
  let asked = 0
  return {
    time,
    /** Returns how often the source was called so far. */
    async ask(name: string, found: { value: string; until: number } | null) {
      await memory(name, async () => {
        asked += 1
        return found
      })
      return asked
    },
  }
}

const forever = { value: 'x', until: Number.POSITIVE_INFINITY }

test('a result is cached for 2 seconds from its request', async () => {
  const { ask, time } = createMemory()
  expect(await ask('a', forever)).toBe(1)
  time.now = 1_999
  expect(await ask('a', forever)).toBe(1)
  time.now = 2_000
  expect(await ask('a', forever)).toBe(2)
})

test('nothing is cached when the clock is set back', async () => {
  const { ask, time } = createMemory()
  time.now = 3_600_000
  await ask('a', forever)
  time.now = 3_599_999
  expect(await ask('a', forever)).toBe(2)
})

test('a result is not cached beyond its expiry', async () => {
  const { ask, time } = createMemory()
  await ask('a', { value: 'x', until: 10 })
  time.now = 10
  expect(await ask('a', forever)).toBe(2)
})

test('a missing result is not cached', async () => {
  const { ask } = createMemory()
  await ask('a', null)
  expect(await ask('a', forever)).toBe(2)
})

test('the 10,001st entry replaces the first', async () => {
  const { ask } = createMemory()
  for (let index = 0; index <= 10_000; index += 1) await ask(`${index}`, forever)
  expect(await ask('10000', forever)).toBe(10_001)
  expect(await ask('1', forever)).toBe(10_001)
  expect(await ask('0', forever)).toBe(10_002)
})
