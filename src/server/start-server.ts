import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { GraphQLSchema } from 'graphql'
import type { MaskError } from '../graphql/mask-error.ts'
import type { Authenticate } from '../services/authentication.ts'
import type { Logger } from '../services/ports.ts'
import { createGraphiql, type GraphiqlOptions } from './graphiql.ts'
import type { Ready } from './health.ts'
import { createRequestListener } from './http.ts'
import { type LiveConnections, watchLiveConnections } from './live-connections.ts'
import { serveWebSockets } from './websocket.ts'
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
  /** Whether the service can do its work now, asked by /health/ready. */
  ready: Ready
  graphiql?: GraphiqlOptions
  /** See `WebSocketOptions`. */
  allowedOrigins?: readonly string[]
  initTimeout?: number
}

export interface RunningServer {
  /** As in http://127.0.0.1:4000 */
  url: string
  /** Stops accepting, ends every socket and stream, and gives running requests 2 seconds to finish. */
  close(): Promise<void>
}

/** Milliseconds for a request to arrive whole. Streams are not held to it. */
const REQUEST_TIMEOUT = 30_000
const CLOSE_WITHIN = 2_000
const LOOK_FOR_IDLE_EVERY = 20

/**
 * Serves the API: GraphQL over HTTP, SSE and WebSocket at /graphql, GraphiQL at the same address, health.
 * @throws as node:net does when the address cannot be listened on
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const live = watchLiveConnections(options)
  const graphql = createGraphql({ ...options, live })
  const listener = createRequestListener({
    ...options,
    graphql,
    graphiql: createGraphiql(options.graphiql),
    newRequestId: randomUUID,
  })
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT }, listener)
  serveWebSockets(server, { ...options, graphql, live, newRequestId: randomUUID })
  await listen(server, options).catch((error: unknown) => {
    live.close()
    throw error
  })
  return { url: urlOf(server.address() as AddressInfo), close: () => close(server, live) }
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

const urlOf = ({ address, family, port }: AddressInfo) =>
  `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`

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
