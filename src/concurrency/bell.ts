/** Wakes one waiter early. A ring between `rings` and `wait` is not lost. */
export interface Bell {
  /** How often it has rung. */
  rings(): number
  ring(): void
  /** Resolves when it has rung more than `heard` times, at the latest after `milliseconds`. */
  wait(heard: number, milliseconds: number): Promise<void>
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
    async wait(heard, milliseconds) {
      if (rings > heard) return
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
