/** Spreads what begins over the turns of the event loop, so that one burst does not keep all else waiting. */
export interface Pace {
  /** Resolves when one more may begin: at once while this turn has room, else in the order of asking. */
  next(options: { ahead: boolean }): Promise<void>
}

/**
 * @param perTurn how many may begin in one turn
 * @param inNextTurn runs work in the event loop's next turn, as `setImmediate` does
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
