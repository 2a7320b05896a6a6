import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { verifyWebhook } from './verify-webhook.cjs'

export interface DemoReceiver {
  url: string
  /** How many requests carried a signature that verified, and how many did not. */
  verified: number
  refused: number
  /** The secret that its owner copied from the destination. */
  secret: string
  close(): void
}

/**
 * A customer's receiver: it verifies each request with the setup guide's own Node sample, as the guide's
 * handler does it, and answers 401 where that fails.
 * @param answers the statuses of the first requests; after them it answers 200
 */
export async function startDemoReceiver(answers: readonly number[] = []): Promise<DemoReceiver> {
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request))
    const signature = String(request.headers['x-webhook-signature'])
    if (verifies(JSON.stringify(body), signature, receiver.secret)) {
      const status = answers[receiver.verified] ?? 200
      receiver.verified += 1
      response.writeHead(status).end(status === 200 ? 'OK' : 'Not now')
    } else {
      receiver.refused += 1
      response.writeHead(401).end('Invalid signature')
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const receiver: DemoReceiver = {
    url: `http://127.0.0.1:${port}/webhook`,
    verified: 0,
    refused: 0,
    secret: '',
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return receiver
}

/** The sample throws on a signature of another length. */
function verifies(payload: string, signature: string, secret: string): boolean {
  try {
    return verifyWebhook(payload, signature, secret)
  } catch {
    return false
  }
}
