/** Source of time and timers, in the shape of pg-boss's own clock, so that a test can move both at once. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  setTimeout(work: () => void, milliseconds: number): unknown
  clearTimeout(timer: unknown): void
  setInterval(work: () => void, milliseconds: number): unknown
  clearInterval(timer: unknown): void
}

/** The time as it passes. */
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

/** Resolves after `milliseconds`, or as soon as `signal` is aborted. Leaves neither timer nor listener behind. */
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
