import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { CloseCode, makeServer, type ServerOptions } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Authenticate, Credentials } from '../../access/authentication.ts'
import type { MaskError } from '../../graphql/mask-error.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Slot, TakeSlot } from '../limits/slots.ts'
import type { UnreadResponses } from '../limits/unread-responses.ts'
import type { Graphql } from '../pipeline/pipeline.ts'
import type { LiveConnection, LiveConnections } from '../streams/live-connections.ts'
import {
  type Closing,
  type ConnectionParams,
  closingOf,
  credentialsOf,
  NO_SLOT,
  TOO_EARLY,
  UNAVAILABLE,
} from './authorize.ts'
import { operationHooks, type SocketOperations } from './operations.ts'
import { createRunningOperations } from './running-operations.ts'
import { closeSocket, endWhenSilent, onText, sendText } from './socket.ts'
import { admit, chooseProtocol, PROTOCOL } from './upgrade.ts'

const MAX_MESSAGE_BYTES = 1_000_000
/** Frames of one message. Clients send one frame, browsers about one for each 64 kB. */
const MAX_FRAGMENTS = 256
/** Chunks buffered until a frame is complete: a megabyte in the smallest TCP segments (536 bytes). */
const MAX_BUFFERED_CHUNKS = 2_048
const INIT_TIMEOUT_MS = 10_000

const GOING_AWAY = { code: 1001, reason: 'Going away' }
const FAILED = { code: CloseCode.InternalServerError, reason: 'Internal server error' }

/** Characters of a client's id in a close reason, which has at most 123 bytes. */
const MAX_ID_CHARACTERS = 20

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

type Extra = SocketOperations & {
  socket: WebSocket
  connection: LiveConnection
  slot: Slot
  /** The headers of the upgrade request. */
  headers: IncomingHttpHeaders
}

type Protocol = ReturnType<typeof makeServer<ConnectionParams, Extra>>

/** Serves graphql-ws at /graphql. Responds with 404 to other paths, 403 to pages of other sites, and 503 without a free slot. */
export function serveWebSockets(server: Server, options: WebSocketOptions): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    handleProtocols: chooseProtocol,
  })
  const protocol = makeServer<ConnectionParams, Extra>(protocolOptions(options))
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', (error) => options.log.debug({ err: error }, 'a WebSocket failed'))
    const slot = admit(request, stream, options)
    if (!slot) return
    sockets.handleUpgrade(request, stream, head, (socket) => {
      socket.on('error', (error) => options.log.debug({ err: error }, 'a WebSocket failed'))
      if (socket.protocol !== PROTOCOL) return refuseProtocol(socket)
      attach({ socket, slot, headers: request.headers }, protocol, options)
    })
  })
}

/** Refuses a client of another protocol. The message is what clients of subscriptions-transport-ws report. */
function refuseProtocol(socket: WebSocket): void {
  socket.send(JSON.stringify({ type: 'connection_error', payload: { message: WRONG_PROTOCOL } }))
  closeSocket(socket, { code: CloseCode.SubprotocolNotAcceptable, reason: WRONG_PROTOCOL })
}

function protocolOptions(options: WebSocketOptions): ServerOptions<ConnectionParams, Extra> {
  return {
    ...operationHooks<Extra>(options),
    connectionInitWaitTimeout: options.initTimeout ?? INIT_TIMEOUT_MS,
    onConnect: ({ connectionParams, extra }) => authorize(options, connectionParams, extra),
  }
}

/** Authenticates a WebSocket. Returns false if it was closed instead. */
async function authorize(
  options: WebSocketOptions,
  params: ConnectionParams | undefined,
  extra: Extra,
): Promise<boolean> {
  const credentials = credentialsOf(params, extra.headers)
  const closing = await refusalOf(credentials, extra.slot, options)
  if (closing) {
    closeSocket(extra.socket, closing)
    return false
  }
  extra.connection.credentials = credentials
  extra.credentials = credentials
  return true
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

/** Connects a WebSocket to the protocol: messages, pings and the close. */
function attach(
  { headers, slot, socket }: Pick<Extra, 'headers' | 'slot' | 'socket'>,
  protocol: Protocol,
  { live, log, unread }: WebSocketOptions,
): void {
  let receive: (text: string) => Promise<void> = async () => {}
  const running = createRunningOperations({
    handle: (text) => receive(text),
    refuse: (id) => closeSocket(socket, idInUse(id)),
  })
  const extra: Extra = {
    socket,
    slot,
    headers,
    running,
    connection: connectionOf(socket),
    ...NO_CREDENTIALS,
  }
  const remove = live.add(extra.connection)
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      // The protocol awaits this before it pulls the next item, so a slow client keeps one item per subscription in memory.
      send: (data) => sendText(socket, data, unread),
      close: (code = FAILED.code, reason = '') =>
        closeSocket(socket, code === TOO_EARLY.code ? TOO_EARLY : { code, reason }),
      onMessage: (handle) => {
        receive = handle
      },
    },
    extra,
  )
  onText(socket, (text) => {
    running.handle(text).catch((error: unknown) => fail(socket, error, log))
  })
  endWhenSilent(socket)
  socket.once('close', (code, reason) => {
    remove()
    running.close()
    closed(code, String(reason)).catch((error: unknown) =>
      log.error({ err: error }, 'could not end the subscriptions of a WebSocket'),
    )
  })
}

const NO_CREDENTIALS = { credentials: { authorization: null, organization: null } }

/** Returns a connection without credentials. They are set when the client has sent valid ones. */
function connectionOf(socket: WebSocket): LiveConnection {
  const connection: LiveConnection = {
    credentials: null,
    end: (refused) =>
      closeSocket(
        socket,
        refused
          ? closingOf(connection.credentials ?? NO_CREDENTIALS.credentials, refused)
          : GOING_AWAY,
      ),
  }
  return connection
}

const idInUse = (id: string): Closing => ({
  code: CloseCode.SubscriberAlreadyExists,
  reason: `An operation with the id ${id.slice(0, MAX_ID_CHARACTERS)} is still running.`,
})

function fail(socket: WebSocket, error: unknown, log: Logger): void {
  // A client that disconnected before it got its response is not a fault of the service.
  const level = socket.readyState === socket.OPEN ? 'error' : 'debug'
  log[level]({ err: error }, 'could not handle a WebSocket message')
  closeSocket(socket, FAILED)
}
