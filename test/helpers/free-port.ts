import { once } from 'node:events'
import { createServer } from 'node:net'
import { listen } from './open-sockets.ts'

/** A port of 127.0.0.1 that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server, '127.0.0.1')
  server.close()
  await once(server, 'close')
  return port
}
