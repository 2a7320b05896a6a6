import type { ServerResponse } from 'node:http'
import { sendJson } from './send.ts'

/** Resolves to whether the service can do its work, e.g. reach its database. Rejecting means no. */
export type Ready = () => Promise<boolean>

/** The process runs. */
export function answerLive(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok')
}

/** The process can do its work: 200, else 503. */
export async function answerReady(response: ServerResponse, ready: Ready): Promise<void> {
  const is = await ready().catch(() => false)
  sendJson(response, is ? 200 : 503, { ready: is })
}
