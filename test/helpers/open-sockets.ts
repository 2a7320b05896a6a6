import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'

export interface OpenSockets {
  /** The number of connections accepted so far. */
  readonly accepted: number
  /** Waits until one has been closed. */
  disconnection(): Promise<void>
  /** Cuts them all and stops listening. */
  close(): Promise<void>
}

/** Keeps an eye on the connections of a server, so that it can be closed whatever hangs on it. */
export function watchSockets(server: Server): OpenSockets {
  const sockets = new Set<Socket>()
  let accepted = 0
  server.on('connection', (socket: Socket) => {
    accepted++
    sockets.add(socket)
    // A hostile test breaks connections; that is no error of the receiver.
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      server.emit('disconnection')
    })
  })
  return {
    get accepted() {
      return accepted
    },
    async disconnection() {
      await once(server, 'disconnection')
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Listens on a port, or on any free one. @returns the port */
export async function listen(server: Server, host?: string, port = 0): Promise<number> {
  server.listen(port, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
