import { Agent, type buildConnector, Client, Pool } from 'undici'
import type { LimitedConnect } from './connect-limit.ts'
import type { WebhookExchange } from './exchange.ts'
import { WebhookSocket } from './receiver-socket.ts'

/** The two ways to a receiver. Both connect through the same guard. */
export interface Connections {
  /** Reuses connections that are still open. */
  kept: Agent
  /** Opens one connection a request and closes it afterwards. */
  fresh: Agent
}

/**
 * The number of connections is not limited here, but by how many attempts the caller makes at once: a
 * request that waited for a connection would spend the time in which its receiver may answer.
 *
 * An idle connection is closed after 1 s; where the receiver says how long it keeps it, 1 s before that,
 * but after 4 s at the latest. That is below what common servers grant, so they rarely close a connection
 * that is about to be used.
 */
export function openConnections(connect: LimitedConnect, maxKeptOrigins: number): Connections {
  const common = {
    // The type of undici's connectors has no place for a connection's largest age.
    connect: connect as unknown as buildConnector.connector,
    factory: createPool,
    allowH2: false,
    // The client's own clock covers the whole attempt.
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  return {
    kept: new Agent({
      ...common,
      pipelining: 1,
      keepAliveTimeout: 1000,
      keepAliveMaxTimeout: 4000,
      keepAliveTimeoutThreshold: 1000,
      maxOrigins: maxKeptOrigins,
    }),
    fresh: new Agent({ ...common, pipelining: 0 }),
  }
}

function createPool(origin: string | URL, options: object): Pool {
  return new Pool(origin, {
    ...options,
    factory: (origin, options) =>
      new WebhookConnection(origin, options as { connect: LimitedConnect }),
  })
}

/** Gives each exchange the connection that it uses. */
class WebhookConnection extends Client {
  #socket: WebhookSocket | null = null
  #exchange: WebhookExchange | null = null

  constructor(origin: URL, options: { connect: LimitedConnect }) {
    super(origin, {
      ...options,
      connect: (target, callback) =>
        options.connect(
          target,
          (...result) => {
            const [error, socket, maxAgeMs] = result
            if (error) return callback(error, null)
            this.#socket = new WebhookSocket(socket, maxAgeMs)
            callback(null, socket)
          },
          () => this.#exchange?.isOver === false,
        ),
    })
    this.on('disconnect', () => {
      this.#socket = null
    })
  }

  override dispatch(options: Agent.DispatchOptions, exchange: WebhookExchange): boolean {
    this.#exchange = exchange
    exchange.assign(() => this.#socket)
    return super.dispatch(options, exchange)
  }
}
