/** Limits how many tasks begin in one turn of the event loop, so that a burst does not delay other work. */
export interface Pace {
  /** Resolves when one more task may begin. Waiting callers continue in order, those with `ahead` first. */
  next(options: { ahead: boolean }): Promise<void>
}

/**
 * @param perTurn tasks that may begin in one turn
 * @param inNextTurn runs a function in the next turn of the event loop, as `setImmediate` does
 */
export function createPace(perTurn: number, inNextTurn: (work: () => void) => void): Pace {
  const ahead: (() => void)[] = []
  const others: (() => void)[] = []
  let left = perTurn

  function begin(): void {
    if (left === perTurn) inNextTurn(beginTurn)
    left -= 1
  }

  function beginTurn(): void {
    left = perTurn
    while (left > 0) {
      const go = ahead.shift() ?? others.shift()
      if (!go) return
      begin()
      go()
    }
  }

  return {
    async next(options) {
      if (left > 0) return begin()
      await new Promise<void>((go) => (options.ahead ? ahead : others).push(go))
    },
  }
}
