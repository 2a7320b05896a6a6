import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { GraphQLSchema } from 'graphql'
import type { Authenticate } from '../access/authentication.ts'
import type { FindInvalid } from '../access/key-check.ts'
import type { MaskError } from '../graphql/mask-error.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import type { TrustedDocuments } from './documents/persisted-documents.ts'
import { acceptBasePath } from './http/base-path.ts'
import { connectionTimeouts, listen, urlOf } from './http/listen.ts'
import { createRequestListener } from './http/request-listener.ts'
import { DEFAULT_CONNECTION_LIMITS } from './limits/connection-limit.ts'
import { DEFAULT_MUTATION_LIMITS, type MutationLimits } from './limits/mutation-limit.ts'
import { createSlots, type SlotLimits } from './limits/slots.ts'
import { createUnreadResponses } from './limits/unread-responses.ts'
import type { Monitoring } from './monitoring.ts'
import { type ConsoleOptions, createConsole } from './pages/console.ts'
import { createGraphiql, type GraphiqlOptions } from './pages/graphiql.ts'
import type { SignIn } from './pages/sign-in.ts'
import { createStaticFileSender } from './pages/static-file.ts'
import { type CreateContext, createGraphql } from './pipeline/pipeline.ts'
import { serveSingleConnections } from './single-connection/serve.ts'
import { type LiveConnections, watchLiveConnections } from './streams/live-connections.ts'
import { serveWebSockets } from './websocket/serve.ts'
import { isWebSocketUpgrade } from './websocket/upgrade.ts'

export interface ServerOptions {
  host: string
  /** 0 chooses a free port. */
  port: number
  schema: GraphQLSchema
  createContext: CreateContext
  authenticate: Authenticate
  /** Default: see `watchLiveConnections`. */
  findInvalid?: FindInvalid
  maskError: MaskError
  log: Logger
  tracing: Tracing
  /** The content of /health/ready and /metrics. */
  monitoring: Monitoring
  /** The path under which a proxy serves everything, as in "/webhooks". Default: none. */
  basePath?: string
  graphiql?: Omit<GraphiqlOptions, 'sendStaticFile'>
  console?: Omit<ConsoleOptions, 'sendStaticFile'>
  /** Signs in browsers on this machine. Default: none; the pages ask for an API key. */
  signIn?: SignIn
  /** See `WebSocketOptions`. */
  allowedOrigins?: readonly string[]
  initTimeout?: number
  maxWaitingSockets?: number
  /** Default: `DEFAULT_MUTATION_LIMITS`. */
  mutationLimits?: MutationLimits
  /** Default: `DEFAULT_CONNECTION_LIMITS`. */
  connectionLimits?: SlotLimits
  /** The time within which a request must arrive completely. It does not limit streams. Default: 30,000. */
  requestTimeoutMs?: number
  /** The time within which a client must read a response, of any kind. It does not limit event streams. Default: 120,000. */
  unreadTimeoutMs?: number
  /** Documents that every client can refer to by id. Default: none. */
  trustedDocuments?: TrustedDocuments | undefined
  /** Milliseconds between heartbeats of an event stream. Default: 12,000. */
  heartbeatInterval?: number
}

export interface RunningServer {
  /** The URL, as in "http://127.0.0.1:4000". */
  url: string
  /** Stops accepting connections, ends every WebSocket and stream, and waits up to 2 s for running requests. */
  close(): Promise<void>
}

const HEARTBEAT_INTERVAL_MS = 12_000
const CLOSE_TIMEOUT_MS = 2_000
const IDLE_CHECK_INTERVAL_MS = 20

/**
 * Serves the API: GraphQL over HTTP, SSE and WebSocket at /graphql, GraphiQL at the same address, the console at /, health and
 * metrics.
 * @throws the error of node:net if the server cannot listen on the address
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const live = watchLiveConnections(options)
  const {
    connectionLimits = DEFAULT_CONNECTION_LIMITS,
    mutationLimits = DEFAULT_MUTATION_LIMITS,
    basePath = '',
    requestTimeoutMs,
    unreadTimeoutMs,
    heartbeatInterval = HEARTBEAT_INTERVAL_MS,
  } = options
  const slots = createSlots(connectionLimits)
  const unread = createUnreadResponses({ timeoutMs: unreadTimeoutMs })
  const sendStaticFile = createStaticFileSender(unread)
  const graphql = createGraphql({
    ...options,
    live,
    slots,
    mutationLimits,
    unread,
    heartbeatInterval,
  })
  const listener = createRequestListener({
    ...options,
    graphql,
    unread,
    singleConnection: serveSingleConnections({
      ...options,
      graphql,
      live,
      slots,
      unread,
      heartbeatInterval,
    }),
    basePath,
    graphiql: createGraphiql({ ...options.graphiql, basePath, sendStaticFile }),
    console: createConsole({
      ...options.console,
      basePath,
      sendStaticFile,
      hasSignInLink: options.signIn !== undefined,
    }),
    newRequestId,
  })
  const server = createServer(
    {
      ...connectionTimeouts(requestTimeoutMs),
      shouldUpgradeCallback: isWebSocketUpgrade,
    },
    listener,
  )
  serveWebSockets(server, { ...options, graphql, live, slots, unread, newRequestId })
  acceptBasePath(server, basePath)
  await listen(server, options).catch((error: unknown) => {
    live.close()
    throw error
  })
  return { url: urlOf(server), close: () => close(server, live) }
}

/** Returns a UUID as one flat string. V8 keeps the 20 parts that randomUUID concatenates, 400 bytes for each open subscription. */
const newRequestId = (): string => Buffer.from(randomUUID(), 'latin1').toString('latin1')

async function close(server: Server, live: LiveConnections): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  live.close()
  // A connection becomes idle when its request ends, and would then stay open for the keep-alive timeout.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_INTERVAL_MS)
  const late = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS)
  await closed
  clearInterval(idle)
  clearTimeout(late)
}
