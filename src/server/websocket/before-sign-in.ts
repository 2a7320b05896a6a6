import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { type Closing, TRY_AGAIN_LATER_CODE } from './authorize.ts'
import { closeSocket } from './socket.ts'

/** WebSockets of a process that are open and not authenticated. */
const MAX_WAITING_SOCKETS = 1_000

/** Bytes that a client can send before it is authenticated: a token of 8,192 characters and the names of the parameters. */
const MAX_BYTES = 16_000

/** Reads in which these bytes can arrive. The smallest TCP segments (536 bytes) take 30. */
const MAX_READS = 64

const TOO_LARGE: Closing = {
  code: 1009,
  reason: `Message too big: send at most ${MAX_BYTES} bytes before connection_ack, in few parts.`,
}
const DISPLACED: Closing = {
  code: TRY_AGAIN_LATER_CODE,
  reason: 'Try again later: send connection_init at once. Too many sockets are waiting to.',
}

/** Limits a WebSocket until it closes or the returned function is called, which means that it is authenticated. */
export type LimitBeforeSignIn = (stream: Duplex, socket: WebSocket) => () => void

/**
 * Bounds what WebSockets use before their clients are authenticated. When too many are waiting, the oldest is closed: clients
 * with a key send it at once, so they wait for a short time only, and are rarely the oldest.
 */
export function createLimitBeforeSignIn(maxWaiting = MAX_WAITING_SOCKETS): LimitBeforeSignIn {
  /** Oldest first. */
  const waiting = new Set<WebSocket>()

  return (stream, socket) => {
    let bytes = 0
    let reads = 0

    function count(chunk: Buffer): void {
      bytes += chunk.length
      reads += 1
      if (bytes > MAX_BYTES || reads > MAX_READS) closeAtOnce(socket, TOO_LARGE)
    }

    function finish(): void {
      waiting.delete(socket)
      stream.off('data', count)
      stream.off('close', finish)
    }

    waiting.add(socket)
    // Before the listener of ws, which would parse the bytes.
    stream.prependListener('data', count)
    stream.once('close', finish)
    const [oldest] = waiting
    if (oldest && waiting.size > maxWaiting) {
      waiting.delete(oldest)
      closeAtOnce(oldest, DISPLACED)
    }
    return finish
  }
}

/** Closes without time for an acknowledgement, in which the client could keep memory. */
function closeAtOnce(socket: WebSocket, closing: Closing): void {
  closeSocket(socket, closing)
  setImmediate(() => socket.terminate())
}
