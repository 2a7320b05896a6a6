import { createFairQueue } from './fair-queue.ts'

/** Limits how many tasks begin in one turn of the event loop, so that a burst does not delay other work. */
export interface Pace {
  /** Resolves when one more task may begin. The owners of waiting tasks take turns, those of tasks with `ahead` first. */
  next(options: { owner: string; ahead: boolean }): Promise<void>
}

/**
 * @param perTurn tasks that may begin in one turn
 * @param inNextTurn runs a function in the next turn of the event loop, as `setImmediate` does
 */
export function createPace(perTurn: number, inNextTurn: (work: () => void) => void): Pace {
  const ahead = createFairQueue<() => void>()
  const others = createFairQueue<() => void>()
  let left = perTurn

  function begin(): void {
    if (left === perTurn) inNextTurn(beginTurn)
    left -= 1
  }

  function beginTurn(): void {
    left = perTurn
    while (left > 0) {
      const next = ahead.shift() ?? others.shift()
      if (!next) return
      begin()
      next.item()
    }
  }

  return {
    async next(options) {
      if (left > 0) return begin()
      const queue = options.ahead ? ahead : others
      await new Promise<void>((go) => queue.push(options.owner, go))
    },
  }
}
