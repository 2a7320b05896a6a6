import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { CloseCode, makeServer, type ServerOptions } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Authenticate, Credentials } from '../../access/authentication.ts'
import type { MaskError } from '../../graphql/mask-error.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Slot, TakeSlot } from '../limits/slots.ts'
import type { UnreadResponses } from '../limits/unread-responses.ts'
import type { Graphql } from '../pipeline/pipeline.ts'
import type { LiveConnections } from '../streams/live-connections.ts'
import {
  type Closing,
  type ConnectionParams,
  closingOf,
  credentialsOf,
  NO_SLOT,
  UNAVAILABLE,
  upgradeCredentialsOf,
} from './authorize.ts'
import { Connection } from './connection.ts'
import { operationHooks } from './operations.ts'
import { closeSocket } from './socket.ts'
import { admit, chooseProtocol, PROTOCOL } from './upgrade.ts'

const MAX_MESSAGE_BYTES = 1_000_000
/** Frames of one message. Clients send one frame, browsers about one for each 64 kB. */
const MAX_FRAGMENTS = 256
/** Chunks buffered until a frame is complete: a megabyte in the smallest TCP segments (536 bytes). */
const MAX_BUFFERED_CHUNKS = 2_048
const INIT_TIMEOUT_MS = 10_000

const WRONG_PROTOCOL =
  'Subprotocol not acceptable: use graphql-transport-ws (npm graphql-ws), not subscriptions-transport-ws.'

export interface WebSocketOptions {
  graphql: Graphql
  authenticate: Authenticate
  maskError: MaskError
  newRequestId: () => string
  live: LiveConnections
  takeSlot: TakeSlot
  unread: UnreadResponses
  log: Logger
  /** Origins of pages that can open WebSockets, as in "https://app.example.com", beside those of the same host. */
  allowedOrigins?: readonly string[]
  /** Milliseconds within which a client must send its credentials. Default: 10,000. */
  initTimeout?: number
}

type Protocol = ReturnType<typeof makeServer<ConnectionParams, Connection>>

/** Serves graphql-ws at /graphql. Responds with 404 to other paths, 403 to pages of other sites, and 503 without a free slot. */
export function serveWebSockets(server: Server, options: WebSocketOptions): void {
  const { log, unread } = options
  const logFailure = (error: Error) => log.debug({ err: error }, 'a WebSocket failed')
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    handleProtocols: chooseProtocol,
  })
  const protocol = makeServer<ConnectionParams, Connection>(protocolOptions(options))
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', logFailure)
    const slot = admit(request, stream, options)
    if (!slot) return
    const upgrade = upgradeCredentialsOf(request.headers)
    sockets.handleUpgrade(request, stream, head, (socket) => {
      socket.on('error', logFailure)
      if (socket.protocol !== PROTOCOL) return refuseProtocol(socket)
      attach(new Connection(socket, { slot, upgrade, log, unread }), protocol, options)
    })
  })
}

/** Refuses a client of another protocol. The message is what clients of subscriptions-transport-ws report. */
function refuseProtocol(socket: WebSocket): void {
  socket.send(JSON.stringify({ type: 'connection_error', payload: { message: WRONG_PROTOCOL } }))
  closeSocket(socket, { code: CloseCode.SubprotocolNotAcceptable, reason: WRONG_PROTOCOL })
}

function protocolOptions(options: WebSocketOptions): ServerOptions<ConnectionParams, Connection> {
  return {
    ...operationHooks<Connection>(options),
    connectionInitWaitTimeout: options.initTimeout ?? INIT_TIMEOUT_MS,
    onConnect: ({ connectionParams, extra }) => authorize(options, connectionParams, extra),
  }
}

/** Authenticates a WebSocket. Returns false if it was closed instead. */
async function authorize(
  options: WebSocketOptions,
  params: ConnectionParams | undefined,
  connection: Connection,
): Promise<boolean> {
  const { slot, upgrade } = connection.options
  const credentials = credentialsOf(params, upgrade)
  const closing = await refusalOf(credentials, slot, options)
  if (closing) closeSocket(connection.socket, closing)
  else connection.credentials = credentials
  return closing === null
}

async function refusalOf(
  credentials: Credentials,
  slot: Slot,
  { authenticate, log }: WebSocketOptions,
): Promise<Closing | null> {
  try {
    const found = await authenticate(credentials)
    if (!found.viewer) return closingOf(credentials, found)
    return slot.assign(found.viewer) ? null : NO_SLOT
  } catch (error) {
    log.error({ err: error }, 'could not check the key of a WebSocket')
    return UNAVAILABLE
  }
}

/** Connects a WebSocket to the protocol until it closes. */
function attach(connection: Connection, protocol: Protocol, { live, log }: WebSocketOptions): void {
  const remove = live.add(connection)
  const closed = protocol.opened(connection, connection)
  connection.socket.on('close', (code, reason) => {
    remove()
    connection.closed()
    closed(code, String(reason)).catch((error: unknown) =>
      log.error({ err: error }, 'could not end the subscriptions of a WebSocket'),
    )
  })
}
