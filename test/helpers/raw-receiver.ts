import net, { type Socket } from 'node:net'
import { listen, watchSockets } from './open-sockets.ts'

export interface RawReceiver extends AsyncDisposable {
  readonly url: string
  /** The number of accepted connections. */
  readonly connections: number
  /** The number of requests, counted by their first lines. */
  readonly requests: number
}

/**
 * A receiver below HTTP, for what no HTTP server would do.
 *
 * @param onRequest called once for each request's first bytes, which may be all of it
 */
export async function startRawReceiver(onRequest: (socket: Socket) => void): Promise<RawReceiver> {
  let requests = 0
  const server = net.createServer((socket) => {
    socket.on('data', (bytes) => {
      if (!bytes.toString('latin1').startsWith('POST ')) return
      requests++
      onRequest(socket)
    })
  })
  const sockets = watchSockets(server)
  const port = await listen(server, '127.0.0.1')

  return {
    url: `http://127.0.0.1:${port}/hook`,
    get connections() {
      return sockets.accepted
    },
    get requests() {
      return requests
    },
    [Symbol.asyncDispose]: sockets.close,
  }
}

/** Writes `next()` every few milliseconds until the connection is closed. */
export function drip(socket: Socket, next: () => string | Buffer, everyMs = 20): void {
  const timer = setInterval(() => socket.write(next()), everyMs)
  socket.on('close', () => clearInterval(timer))
}
