import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createReadiness } from '../../../src/process/readiness.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const faults: Record<string, () => Promise<boolean>> = {
  'an answer never comes': () => new Promise(() => {}),
  'the question is refused': () => Promise.reject(new Error('the database is away')),
  'asking throws': () => {
    throw new Error('no connection')
  },
}

test.each(Object.keys(faults))(
  'a process is ready again when the cause is gone: %s',
  async (name) => {
    let migrations = faults[name]!
    const readiness = createReadiness({
      migrations: () => migrations(),
      others: () => ({}),
      closing: () => false,
    })
    const first = readiness()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await first).toMatchObject({ ready: false, parts: { database: false } })
    migrations = () => Promise.resolve(true)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await readiness()).toMatchObject({ ready: true, parts: { database: true } })
  },
)
