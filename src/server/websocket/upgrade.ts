import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { isAllowedOrigin } from '../http/origin.ts'
import { CONNECTION_RETRY_AFTER_SECONDS } from '../limits/connection-limit.ts'
import type { Slot, TakeSlot } from '../limits/slots.ts'

const PATH = '/graphql'

/** The subprotocol of graphql-ws, which this service speaks. */
export const PROTOCOL = 'graphql-transport-ws'

/** The subprotocol of subscriptions-transport-ws, which it does not. */
export const LEGACY_PROTOCOL = 'graphql-ws'

/** A handshake that is answered by HTTP instead of being completed. */
interface Refusal {
  status: string
  message: string
  headers?: string
}

/** Whether a request asks for a WebSocket. Another protocol, such as h2c, is declined by answering in HTTP/1.1. */
export const isWebSocketUpgrade = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket'

/**
 * Chooses a subprotocol. The legacy one is chosen where it is all that is offered: only over an open socket can
 * its clients read why they are refused.
 */
export function chooseProtocol(offered: ReadonlySet<string>): string | false {
  return [PROTOCOL, LEGACY_PROTOCOL].find((protocol) => offered.has(protocol)) ?? false
}

/**
 * Takes a slot for a WebSocket, or refuses the handshake and returns null. The slot is released when the connection closes.
 */
export function admit(
  request: IncomingMessage,
  stream: Duplex,
  {
    allowedOrigins,
    takeSlot,
  }: { allowedOrigins?: readonly string[] | undefined; takeSlot: TakeSlot },
): Slot | null {
  const refusal = refusalOf(request, allowedOrigins)
  if (refusal) return refuse(stream, refusal)
  const slot = takeSlot()
  if (!slot) return refuse(stream, NO_SLOT)
  stream.once('close', slot.release)
  return slot
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
  if (url?.split('?')[0] !== PATH) {
    return { status: '404 Not Found', message: `WebSockets are opened at ${PATH}.` }
  }
  if (!isAllowedOrigin(headers, allowedOrigins)) {
    const message =
      'Pages of this origin may not open WebSockets here. List the origin in ALLOWED_ORIGINS.'
    return { status: '403 Forbidden', message }
  }
  return isForeignProtocol(headers)
    ? { status: '400 Bad Request', message: `Offer the subprotocol ${PROTOCOL}.` }
    : null
}

/** A client that offers subprotocols ends a connection for which none of them was chosen. */
function isForeignProtocol(headers: IncomingHttpHeaders): boolean {
  const offered = headers['sec-websocket-protocol']
  return (
    offered !== undefined &&
    chooseProtocol(new Set(offered.split(',').map((one) => one.trim()))) === false
  )
}

/** Answers and closes the connection, also when the client keeps its side open: it would keep the server from closing. */
function refuse(stream: Duplex, { headers = '', message, status }: Refusal): null {
  const body = JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] })
  stream.once('finish', () => stream.destroy())
  stream.end(
    `HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  return null
}
