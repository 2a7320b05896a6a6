import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ExecutionArgs, GraphQLError } from 'graphql'
import {
  CloseCode,
  handleProtocols,
  makeServer,
  type ServerOptions,
  type SubscribePayload,
} from 'graphql-ws'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { refuseInexactNumbers } from '../graphql/exact-number.ts'
import type { MaskError } from '../graphql/mask-error.ts'
import type { Authenticate, Credentials } from '../services/authentication.ts'
import type { Logger } from '../services/ports.ts'
import { type Enter, type Place, RETRY_AFTER } from './connection-limit.ts'
import { formatError, presentErrors } from './errors.ts'
import type { LiveConnection, LiveConnections } from './live-connections.ts'
import { isWelcome } from './origin.ts'
import type { UnreadAnswers } from './unread-answers.ts'
import type { Caller, Graphql } from './yoga.ts'

const PATH = '/graphql'
const MAX_MESSAGE = 1_000_000
/** Frames that one message may be split into. Clients send one frame, browsers one for each 64 kB or so. */
const MAX_FRAGMENTS = 256
/** Reads from the network that may wait for the rest of a frame: a megabyte in the smallest TCP segments (536 bytes). */
const MAX_BUFFERED_CHUNKS = 2_048
const INIT_TIMEOUT = 10_000
const PING_EVERY = 12_000
/** Bytes that may wait for a client who does not read, before another message for it. */
const MAX_WAITING = 32_000_000
/** Operations that may run at once on one socket. */
const MAX_OPERATIONS = 20
/** Milliseconds for the client to answer our close. */
const CLOSE_TIMEOUT = 2_000

const GOING_AWAY = 1001
const INVALID_PAYLOAD = 1007
/** After which clients of the protocol try again by themselves, later and later. */
const TRY_AGAIN_LATER = 1013

/** The reasons of a close: at most 123 bytes each. */
const NO_KEY =
  'Forbidden: send connectionParams { authorization: "Bearer bmk_…" } with a valid key.'
const NO_ORGANIZATION =
  'Forbidden: with a platform key, send connectionParams { organization } too, which names one.'
const NOT_UTF8 = 'Invalid payload: the message is not valid UTF-8. Encode the JSON as UTF-8.'
const NO_ROOM =
  'Try again later: this key, user or organization has as many sockets and streams open as it may.'

export interface WebSocketOptions {
  graphql: Graphql
  authenticate: Authenticate
  maskError: MaskError
  newRequestId: () => string
  live: LiveConnections
  enter: Enter
  unread: UnreadAnswers
  log: Logger
  /** Origins of pages that may open sockets, as in "https://app.example.com", beside those on our own host. */
  allowedOrigins?: readonly string[]
  /** Milliseconds for the client to say who it is. Default: 10,000. */
  initTimeout?: number
}

const NOBODY: Credentials = { authorization: null, organization: null }

type Params = { authorization?: unknown; organization?: unknown }
type Extra = { socket: WebSocket; connection: LiveConnection; place: Place }
type Protocol = ReturnType<typeof makeServer<Params, Extra>>

/** Serves graphql-ws at /graphql of a server; other paths are answered 404, pages of other sites 403, too many 503. */
export function serveWebSockets(server: Server, options: WebSocketOptions): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    handleProtocols,
  })
  const protocol = makeServer<Params, Extra>(operations(options))
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', (error) => options.log.debug({ err: error }, 'a WebSocket failed'))
    if (request.url?.split('?')[0] !== PATH) return refuse(stream, '404 Not Found')
    if (!isWelcome(request.headers, options.allowedOrigins)) return refuse(stream, '403 Forbidden')
    const place = options.enter()
    if (!place) return refuse(stream, `503 Service Unavailable\r\nRetry-After: ${RETRY_AFTER}`)
    stream.once('close', place.leave)
    sockets.handleUpgrade(request, stream, head, (socket) =>
      attach({ socket, place }, protocol, options),
    )
  })
}

/** Whether a request asks for a WebSocket. Another protocol, such as h2c, is declined by answering in HTTP/1.1. */
export const isWebSocketUpgrade = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket'

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

type Enveloped = ReturnType<Graphql['getEnveloped']>
type Operation = ExecutionArgs & Pick<Enveloped, 'execute' | 'subscribe'>

/** Who may connect, and how an operation runs: through the same pipeline as one that came by HTTP. */
function operations(options: WebSocketOptions): ServerOptions<Params, Extra> {
  const { authenticate, graphql, maskError, newRequestId } = options
  const requestIds = new WeakMap<SubscribePayload, string>()
  const present = (payload: SubscribePayload, errors: readonly unknown[]) =>
    presentErrors(errors, (error) => maskError(error, requestIds.get(payload) ?? newRequestId()))

  return {
    connectionInitWaitTimeout: options.initTimeout ?? INIT_TIMEOUT,
    onConnect: ({ connectionParams, extra }) => letIn(authenticate, connectionParams, extra),
    onSubscribe: async ({ extra, subscriptions }, _id, payload) => {
      if (Object.keys(subscriptions).length > MAX_OPERATIONS) return [tooMany()]
      const requestId = newRequestId()
      requestIds.set(payload, requestId)
      const credentials = extra.connection.credentials ?? NOBODY
      const params = { ...payload, query: String(payload.query) }
      return prepare(graphql, { requestId, credentials, params, traceParent: null }).catch(
        (error: unknown) => present(payload, [error]),
      )
    },
    execute: (args) => (args as Operation).execute(args),
    subscribe: (args) => (args as Operation).subscribe(args),
    onNext: (_ctx, _id, payload, _args, { data = null, errors, extensions }) =>
      errors && {
        data,
        errors: present(payload, errors).map(formatError),
        ...(extensions && { extensions }),
      },
    onError: (_ctx, _id, payload, errors) => present(payload, errors).map(formatError),
  }
}

/** @returns whether who says this may stay; who may not is told so by how the socket is closed */
async function letIn(
  authenticate: Authenticate,
  params: Readonly<Params> | undefined,
  { connection, place, socket }: Extra,
): Promise<boolean> {
  const credentials = {
    authorization: textOf(params?.authorization),
    organization: textOf(params?.organization),
  }
  const { viewer, advice } = await authenticate(credentials)
  if (!viewer) {
    close(socket, CloseCode.Forbidden, advice ? NO_ORGANIZATION : NO_KEY)
    return false
  }
  if (!place.claim(viewer)) {
    close(socket, TRY_AGAIN_LATER, NO_ROOM)
    return false
  }
  connection.credentials = credentials
  return true
}

/** What is no text says nothing: some objects cannot even be made one. */
const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

/** Parses, validates and finds out who asks. Throws or answers errors as the pipeline does. */
async function prepare(
  graphql: Graphql,
  caller: Caller & { params: SubscribePayload },
): Promise<Operation | readonly GraphQLError[]> {
  const { contextFactory, execute, parse, schema, subscribe, validate } =
    graphql.getEnveloped(caller)
  const document = parse(caller.params.query)
  const errors: readonly GraphQLError[] = validate(schema, document)
  if (errors.length > 0) return errors
  return {
    schema,
    document,
    operationName: caller.params.operationName,
    variableValues: caller.params.variables,
    contextValue: await contextFactory(),
    execute,
    subscribe,
  }
}

const tooMany = () =>
  new GraphQLError(
    `At most ${MAX_OPERATIONS} operations can run at once on one socket. Complete one of them first, or open another socket.`,
    { extensions: { code: 'RATE_LIMITED' } },
  )

/** Joins a socket to the protocol: messages, pings, the end. */
function attach(
  { place, socket }: Pick<Extra, 'place' | 'socket'>,
  protocol: Protocol,
  { live, log, unread }: WebSocketOptions,
): void {
  const connection: LiveConnection = {
    // Nobody's until onConnect knows whose.
    credentials: null,
    end: (why) =>
      why === 'REVOKED'
        ? close(socket, CloseCode.Forbidden, 'Forbidden')
        : close(socket, GOING_AWAY, 'Going away'),
  }
  const gone = live.add(connection)
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      // The protocol awaits this before it pulls the next item: a slow client holds one item a subscription.
      send: (data) => flushed(socket, data, unread),
      close: (code = CloseCode.InternalServerError, reason = '') => close(socket, code, reason),
      onMessage: (handle) => hearMessages(socket, handle, log),
    },
    { socket, connection, place },
  )
  endWhenSilent(socket)
  socket.on('error', (error) => log.debug({ err: error }, 'a WebSocket failed'))
  socket.once('close', (code, reason) => {
    gone()
    closed(code, String(reason)).catch((error: unknown) =>
      log.error({ err: error }, 'could not end the subscriptions of a WebSocket'),
    )
  })
}

function hearMessages(
  socket: WebSocket,
  handle: (message: string) => Promise<void>,
  log: Logger,
): void {
  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (socket.bufferedAmount > MAX_WAITING) return socket.terminate()
    // The library has checked text frames already.
    if (isBinary && !isUtf8(data as Buffer)) return close(socket, INVALID_PAYLOAD, NOT_UTF8)
    handle(refuseInexactNumbers(String(data))).catch((error: unknown) => {
      // What was still to be answered when the client went away is no fault of ours.
      const level = socket.readyState === socket.OPEN ? 'error' : 'debug'
      log[level]({ err: error }, 'could not handle a WebSocket message')
      close(socket, CloseCode.InternalServerError, 'Internal server error')
    })
  })
}

/** Ends a socket that has not answered a ping by the time of the next one. */
function endWhenSilent(socket: WebSocket): void {
  let answered = true
  const pinging = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  }, PING_EVERY)
  socket.on('pong', () => {
    answered = true
  })
  socket.once('close', () => clearInterval(pinging))
}

function flushed(socket: WebSocket, data: string, unread: UnreadAnswers): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.bufferedAmount > MAX_WAITING) socket.terminate()
    if (socket.readyState !== socket.OPEN) return resolve()
    const left = unread.add({ bytes: () => data.length, giveUp: () => socket.terminate() })
    socket.send(data, (error) => {
      left()
      if (error) reject(error)
      else resolve()
    })
  })
}

function close(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason)
  setTimeout(() => socket.terminate(), CLOSE_TIMEOUT).unref()
}
