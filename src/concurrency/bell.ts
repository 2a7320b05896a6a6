/** Wakes one waiting caller. A ring between `rings` and `wait` is not lost. */
export interface Bell {
  /** Returns how often the bell has rung. */
  rings(): number
  ring(): void
  /** Resolves when the bell has rung more than `seen` times, or after `milliseconds`. */
  wait(seen: number, milliseconds: number): Promise<void>
}

interface Timers {
  setTimeout(work: () => void, milliseconds: number): unknown
  clearTimeout(timer: unknown): void
}

export function createBell(timers: Timers): Bell {
  let rings = 0
  let wake: () => void = () => {}
  return {
    rings: () => rings,
    ring() {
      rings += 1
      wake()
    },
    async wait(seen, milliseconds) {
      if (rings > seen) return
      await new Promise<void>((resolve) => {
        const timer = timers.setTimeout(resolve, milliseconds)
        wake = () => {
          timers.clearTimeout(timer)
          resolve()
        }
      })
    },
  }
}
