import type { GuardedConnector } from './address-guard.ts'

/**
 * Connections that are being opened to one origin at a time. A server takes what arrives while it is busy
 * from a queue of some hundreds (511 for Node, 128 for many), and what overflows it is tried again by TCP
 * after 1 and 3 seconds: out of the 5 that the receiver has. Many destinations can share an origin. This
 * slows the ramp rather than counting the queue: of 500 requests at once to a queue of 128, 63 instead of
 * 371 met a retry.
 */
const AT_A_TIME = 64

/** @param isWanted whether the request that the connection is for still waits for it */
export type LimitedConnect = (
  ...parameters: [...Parameters<GuardedConnector>, isWanted: () => boolean]
) => void

interface Waiting {
  start(): void
  /** Starts nothing, and reports that. */
  giveUp(): void
  isWanted(): boolean
}

interface Origin {
  connecting: number
  waiting: Waiting[]
}

/**
 * Lets only so many connections to one origin open at once. Open ones are not counted. A connection whose request has
 * timed out before its turn is not opened: after an outage these would take the turns of requests that can succeed.
 */
export function limitConnects(connect: GuardedConnector, atATime = AT_A_TIME): LimitedConnect {
  const origins = new Map<string, Origin>()

  function startNext(origin: Origin): void {
    while (origin.connecting < atATime) {
      const next = origin.waiting.shift()
      if (!next) return
      if (next.isWanted()) next.start()
      else next.giveUp()
    }
  }

  return (target, callback, isWanted) => {
    const name = `${target.protocol}//${target.hostname}:${target.port}`
    const origin = origins.get(name) ?? { connecting: 0, waiting: [] }
    origins.set(name, origin)
    const start = () => {
      origin.connecting += 1
      connect(target, (...result) => {
        origin.connecting -= 1
        startNext(origin)
        if (origin.connecting === 0) origins.delete(name)
        callback(...result)
      })
    }
    const giveUp = () => callback(new Error('The request has timed out.'), null, null)
    if (origin.connecting < atATime) start()
    else origin.waiting.push({ start, giveUp, isWanted })
  }
}
