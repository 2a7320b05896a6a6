import { vi } from 'vitest'

/** Waits until `check` no longer throws. The time limit only ends a test that hangs: it says nothing about speed. */
export function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { timeout: 20_000, interval: 20 })
}
