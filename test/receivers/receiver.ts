import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A receiver as a customer would write it: it answers 200 to a request that its secret verifies, else 401. */
export interface CustomerReceiver {
  url: string
  close(): Promise<unknown>
}

export interface ReceiverOptions {
  secret: string
  /** The largest body that the server is set up for, as Express writes it. Default: the server's own. */
  limit?: string
}

export type StartReceiver = (options: ReceiverOptions) => Promise<CustomerReceiver>

/** Serves a framework's listener at /webhook of a free port. */
export async function serveListener(listener: RequestListener): Promise<CustomerReceiver> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/webhook`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
