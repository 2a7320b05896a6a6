import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { GraphQLSchema } from 'graphql'
import type { Authenticate } from '../access/authentication.ts'
import type { MaskError } from '../graphql/mask-error.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import type { TrustedDocuments } from './documents/persisted-documents.ts'
import { acceptBasePath } from './http/base-path.ts'
import { createRequestListener } from './http/http.ts'
import { KEEP_ALIVE_TIMEOUT_MS, listen, urlOf } from './http/listen.ts'
import { DEFAULT_CONNECTION_LIMITS } from './limits/connection-limit.ts'
import { DEFAULT_MUTATION_LIMITS, type MutationLimits } from './limits/mutation-limit.ts'
import { createSlots, type SlotLimits } from './limits/slots.ts'
import { createUnreadResponses } from './limits/unread-responses.ts'
import type { Monitoring } from './monitoring.ts'
import { type ConsoleOptions, createConsole } from './pages/console.ts'
import { createGraphiql, type GraphiqlOptions } from './pages/graphiql.ts'
import { serveSingleConnections } from './single-connection/serve.ts'
import { type LiveConnections, watchLiveConnections } from './streams/live-connections.ts'
import { serveWebSockets } from './websocket/serve.ts'
import { isWebSocketUpgrade } from './websocket/upgrade.ts'
import { type CreateContext, createGraphql } from './yoga.ts'

export interface ServerOptions {
  host: string
  /** 0 takes any free one. */
  port: number
  schema: GraphQLSchema
  createContext: CreateContext
  authenticate: Authenticate
  maskError: MaskError
  log: Logger
  tracing: Tracing
  /** What /health/ready and /metrics answer. */
  monitoring: Monitoring
  /** The path below which a proxy serves all of this, as in "/webhooks". Default: none. */
  basePath?: string
  graphiql?: GraphiqlOptions
  console?: ConsoleOptions
  /** See `WebSocketOptions`. */
  allowedOrigins?: readonly string[]
  initTimeout?: number
  /** Default: `DEFAULT_MUTATION_LIMITS`. */
  mutationLimits?: MutationLimits
  /** Default: `DEFAULT_CONNECTION_LIMITS`. */
  connectionLimits?: SlotLimits
  /** Milliseconds for a request to arrive whole. Streams are not held to it. Default: 30,000. */
  requestTimeout?: number
  /** Milliseconds that a client has to take an answer. Event streams are not held to it. Default: 120,000. */
  unreadTimeout?: number
  /** Documents that every client may name by their ids. Default: none. */
  trustedDocuments?: TrustedDocuments | undefined
  /** Milliseconds between two heartbeats of an event stream. Default: 12,000. */
  heartbeatInterval?: number
}

export interface RunningServer {
  /** As in http://127.0.0.1:4000 */
  url: string
  /** Stops accepting, ends every socket and stream, and gives running requests 2 seconds to finish. */
  close(): Promise<void>
}

const REQUEST_TIMEOUT = 30_000
const UNREAD_TIMEOUT = 120_000
const HEARTBEAT_INTERVAL = 12_000
/** How often it is looked for late requests in that time: Node's own default would let them take as long again. */
const LOOKS = 6
const CLOSE_WITHIN = 2_000
const LOOK_FOR_IDLE_EVERY = 20

/**
 * Serves the API: GraphQL over HTTP, SSE and WebSocket at /graphql, GraphiQL at the same address, the console at /, health and
 * metrics.
 * @throws as node:net does when the address cannot be listened on
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const live = watchLiveConnections(options)
  const {
    connectionLimits = DEFAULT_CONNECTION_LIMITS,
    mutationLimits = DEFAULT_MUTATION_LIMITS,
    basePath = '',
    requestTimeout = REQUEST_TIMEOUT,
    unreadTimeout = UNREAD_TIMEOUT,
    heartbeatInterval = HEARTBEAT_INTERVAL,
  } = options
  const takeSlot = createSlots(connectionLimits)
  const unread = createUnreadResponses({ timeoutMs: unreadTimeout })
  const graphql = createGraphql({
    ...options,
    live,
    takeSlot,
    mutationLimits,
    unread,
    heartbeatInterval,
  })
  const listener = createRequestListener({
    ...options,
    graphql,
    singleConnection: serveSingleConnections({
      ...options,
      graphql,
      live,
      takeSlot,
      unread,
      heartbeatInterval,
    }),
    basePath,
    graphiql: createGraphiql({ ...options.graphiql, basePath }),
    console: createConsole({ ...options.console, basePath }),
    newRequestId: randomUUID,
  })
  const server = createServer(
    {
      requestTimeout,
      connectionsCheckingInterval: Math.ceil(requestTimeout / LOOKS),
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      shouldUpgradeCallback: isWebSocketUpgrade,
    },
    listener,
  )
  serveWebSockets(server, { ...options, graphql, live, takeSlot, unread, newRequestId: randomUUID })
  acceptBasePath(server, basePath)
  await listen(server, options).catch((error: unknown) => {
    live.close()
    throw error
  })
  return { url: urlOf(server), close: () => close(server, live) }
}

async function close(server: Server, live: LiveConnections): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  live.close()
  // A connection whose last request just ended is kept alive by either side: nothing but this ends it soon.
  const idle = setInterval(() => server.closeIdleConnections(), LOOK_FOR_IDLE_EVERY)
  const late = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN)
  await closed
  clearInterval(idle)
  clearTimeout(late)
}
