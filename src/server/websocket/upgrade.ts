import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { badRequestBody } from '../errors.ts'
import { BAD_HOST, isValidHost } from '../http/host.ts'
import { isAllowedOrigin } from '../http/origin.ts'
import { CONNECTION_RETRY_AFTER_SECONDS } from '../limits/connection-limit.ts'
import type { Slots } from '../limits/slots.ts'

const PATH = '/graphql'

/** The subprotocol of graphql-ws, which this service uses. */
export const PROTOCOL = 'graphql-transport-ws'

/** The subprotocol of subscriptions-transport-ws, which this service does not support. */
export const LEGACY_PROTOCOL = 'graphql-ws'

/** The HTTP response to a handshake that is refused. */
interface Refusal {
  status: string
  message: string
  headers?: string
}

/** Whether a request is a WebSocket handshake. Upgrades to other protocols, such as h2c, are ignored. */
export const isWebSocketUpgrade = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket'

/**
 * Chooses a subprotocol. The legacy one is chosen if the client offers no other, because its clients can read the reason of
 * a refusal only over an open WebSocket.
 */
export function chooseProtocol(offered: ReadonlySet<string>): string | false {
  return [PROTOCOL, LEGACY_PROTOCOL].find((protocol) => offered.has(protocol)) ?? false
}

/** Whether a handshake is accepted. Refuses it otherwise. A WebSocket takes a slot when it is authenticated. */
export function admit(
  request: IncomingMessage,
  stream: Duplex,
  { allowedOrigins, slots }: { allowedOrigins?: readonly string[] | undefined; slots: Slots },
): boolean {
  const refusal = refusalOf(request, allowedOrigins) ?? (slots.isFull() ? NO_SLOT : null)
  if (refusal) refuse(stream, refusal)
  return refusal === null
}

const NO_SLOT: Refusal = {
  status: '503 Service Unavailable',
  message: `The server has no free connection for another WebSocket. Try again in ${CONNECTION_RETRY_AFTER_SECONDS} s.`,
  headers: `Retry-After: ${CONNECTION_RETRY_AFTER_SECONDS}\r\n`,
}

function refusalOf(
  { headers, url }: IncomingMessage,
  allowedOrigins: readonly string[] | undefined,
): Refusal | null {
  if (!isValidHost(headers)) return { status: '400 Bad Request', message: BAD_HOST }
  if (url?.split('?')[0] !== PATH) {
    return { status: '404 Not Found', message: `Open WebSockets at ${PATH}.` }
  }
  if (!isAllowedOrigin(headers, allowedOrigins)) {
    const message =
      'Pages of this origin cannot open WebSockets. Add the origin to ALLOWED_ORIGINS.'
    return { status: '403 Forbidden', message }
  }
  return isForeignProtocol(headers)
    ? { status: '400 Bad Request', message: `Offer the subprotocol ${PROTOCOL}.` }
    : null
}

/** Whether the client offers only unsupported subprotocols. It would close a connection without a subprotocol. */
function isForeignProtocol(headers: IncomingHttpHeaders): boolean {
  const offered = headers['sec-websocket-protocol']
  return (
    offered !== undefined &&
    chooseProtocol(new Set(offered.split(',').map((one) => one.trim()))) === false
  )
}

/** Responds and closes the connection, even if the client keeps its side open, which would prevent the server from closing. */
function refuse(stream: Duplex, { headers = '', message, status }: Refusal): void {
  const body = JSON.stringify(badRequestBody(message))
  stream.once('finish', () => stream.destroy())
  stream.end(
    `HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
