import type { GuardedConnector } from './address-guard.ts'

/**
 * Connections that are being opened to one origin at a time. A busy server queues some hundred connections (511 in Node, 128
 * in many others). When the queue is full, TCP tries again after 1 and 3 seconds, of the 5 that an attempt has. Many
 * destinations can share an origin. Measured with 500 concurrent requests and a queue of 128: 63 instead of 371 needed a
 * second try.
 */
const MAX_OPENING_CONNECTIONS = 64

/** A connector whose third parameter returns whether the request still waits for the connection. */
export type LimitedConnect = (
  ...parameters: [...Parameters<GuardedConnector>, isWanted: () => boolean]
) => void

interface Waiting {
  start(): void
  /** Reports that the request has timed out, without connecting. */
  cancel(): void
  isWanted(): boolean
}

interface Origin {
  connecting: number
  waiting: Waiting[]
}

/**
 * Limits the connections to one origin that are being opened; open connections do not count. A connection whose request has
 * timed out while waiting is not opened: after an outage it would delay requests that can still succeed.
 */
export function limitConnects(
  connect: GuardedConnector,
  maxConnecting = MAX_OPENING_CONNECTIONS,
): LimitedConnect {
  const origins = new Map<string, Origin>()

  function startNext(origin: Origin): void {
    while (origin.connecting < maxConnecting) {
      const next = origin.waiting.shift()
      if (!next) return
      if (next.isWanted()) next.start()
      else next.cancel()
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
    const cancel = () => callback(new Error('The request has timed out.'), null, null)
    if (origin.connecting < maxConnecting) start()
    else origin.waiting.push({ start, cancel, isWanted })
  }
}
