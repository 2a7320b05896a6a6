import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { verifyWebhook } from './verify-webhook.cjs'

export interface DemoReceiver {
  url: string
  /** Number of requests with a valid signature. */
  verified: number
  /** The signing secret of its destination. */
  secret: string
  close(): void
}

/**
 * Starts a receiver that verifies each request as the setup guide's Node sample does, and answers 401 to an invalid
 * signature.
 * @param statuses responses to the first valid requests; later ones get 200
 */
export async function startDemoReceiver(statuses: readonly number[] = []): Promise<DemoReceiver> {
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request))
    const signature = String(request.headers['x-webhook-signature'])
    if (verifies(JSON.stringify(body), signature, receiver.secret)) {
      const status = statuses[receiver.verified] ?? 200
      receiver.verified += 1
      response.writeHead(status).end(status === 200 ? 'OK' : 'Try again later')
    } else {
      response.writeHead(401).end('Invalid signature')
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const receiver: DemoReceiver = {
    url: `http://127.0.0.1:${port}/webhook`,
    verified: 0,
    secret: '',
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return receiver
}

/** Verifies a signature. The sample throws on a signature of another length. */
function verifies(payload: string, signature: string, secret: string): boolean {
  try {
    return verifyWebhook(payload, signature, secret)
  } catch {
    return false
  }
}
