import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { CloseCode, makeServer, type ServerOptions } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Authenticate, Credentials } from '../../access/authentication.ts'
import type { MaskError } from '../../graphql/mask-error.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Slots } from '../limits/slots.ts'
import type { UnreadResponses } from '../limits/unread-responses.ts'
import type { Graphql } from '../pipeline/pipeline.ts'
import type { LiveConnections } from '../streams/live-connections.ts'
import {
  type Closing,
  type ConnectionParams,
  closingOf,
  credentialsOf,
  NO_SLOT,
  PROCESS_IS_FULL,
  UNAVAILABLE,
  upgradeCredentialsOf,
} from './authorize.ts'
import { createLimitBeforeSignIn } from './before-sign-in.ts'
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
  slots: Slots
  unread: UnreadResponses
  log: Logger
  /** Origins of pages that can open WebSockets, as in "https://app.example.com", beside those of the same host. */
  allowedOrigins?: readonly string[]
  /** Milliseconds within which a client must send its credentials. Default: 10,000. */
  initTimeout?: number
  /** WebSockets that can wait for authentication at once. Default: 1,000. */
  maxWaitingSockets?: number
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
  const limit = createLimitBeforeSignIn(options.maxWaitingSockets)
  const protocol = makeServer<ConnectionParams, Connection>(protocolOptions(options))
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', logFailure)
    if (!admit(request, stream, options)) return
    const upgrade = upgradeCredentialsOf(request.headers)
    sockets.handleUpgrade(request, stream, head, (socket) => {
      socket.on('error', logFailure)
      const signedIn = limit(stream, socket)
      if (socket.protocol !== PROTOCOL) return refuseProtocol(socket)
      const connection = new Connection(socket, { stream, signedIn, upgrade, log, unread })
      attach(connection, protocol, options)
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
  const credentials = credentialsOf(params, connection.options.upgrade)
  const closing = await refusalOf(credentials, connection, options)
  if (closing) closeSocket(connection.socket, closing)
  else connection.credentials = credentials
  return closing === null
}

async function refusalOf(
  credentials: Credentials,
  { options: { signedIn, stream } }: Connection,
  { authenticate, log, slots }: WebSocketOptions,
): Promise<Closing | null> {
  try {
    const found = await authenticate(credentials)
    if (!found.viewer) return closingOf(credentials, found)
    const slot = slots.take()
    if (!slot) return PROCESS_IS_FULL
    signedIn()
    // A closed connection emits no further "close".
    if (stream.closed) slot.release()
    else stream.once('close', slot.release)
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
