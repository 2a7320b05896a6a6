/**
 * The clock and timers of this process. Its interface is that of pg-boss's clock, so that a test can move both.
 *
 * Which clock decides what:
 * - `service_now()`, the clock of the database, decides what processes share: when a delivery is due, when a secret, key or
 *   lock expires, and the times that rows are stored with. It is the time at which the transaction began.
 * - `Clock` decides what this process does on its own: timers, how long a cached value is used, the time of an attempt
 *   and of an event without a timestamp, and the times in ids.
 * - `performance.now()` measures durations: time limits and `durationMs` must not change when a clock is set.
 * - pg-boss compares the times of its jobs with its own function, which only `delivery/queue.ts` uses.
 */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  setTimeout(work: () => void, milliseconds: number): unknown
  clearTimeout(timer: unknown): void
  setInterval(work: () => void, milliseconds: number): unknown
  clearInterval(timer: unknown): void
}

/** The clock of the operating system. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (work, milliseconds) => setTimeout(work, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  setInterval: (work, milliseconds) => setInterval(work, milliseconds),
  clearInterval: (timer) => clearInterval(timer as NodeJS.Timeout),
}

interface Timers {
  setTimeout(work: () => void, milliseconds: number): unknown
  clearTimeout(timer: unknown): void
}

/** Resolves after `milliseconds`, or as soon as `signal` is aborted. Removes its timer and its listener. */
export function pause(timers: Timers, milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      timers.clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = timers.setTimeout(end, milliseconds)
    signal?.addEventListener('abort', end)
  })
}
