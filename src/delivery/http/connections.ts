import { Agent, type buildConnector, Client, Pool } from 'undici'
import type { LimitedConnect } from './connect-limit.ts'
import type { WebhookExchange } from './exchange.ts'
import { ReceiverSocket } from './receiver-socket.ts'

/** The two agents. Both connect through the address guard. */
export interface Connections {
  /** Reuses connections that are still open. */
  kept: Agent
  /** Opens a connection for each request and closes it afterwards. */
  fresh: Agent
}

/**
 * Creates the agents. They do not limit the number of connections, because a request that waits for one would use up the time
 * of its receiver. The caller limits its attempts.
 *
 * An idle connection is closed after 1 s. If the receiver sends a keep-alive time, it is closed 1 s before that time, after 4 s
 * at the latest. Common servers keep connections longer, so they rarely close one that is about to be used.
 */
export function openConnections(connect: LimitedConnect, maxKeptOrigins: number): Connections {
  const common = {
    // The type of undici's connectors has no parameter for the maximum age of a connection.
    connect: connect as unknown as buildConnector.connector,
    factory: createPool,
    allowH2: false,
    // The client limits the time of the whole attempt.
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

/** A client of undici that assigns its open socket to each exchange. */
class WebhookConnection extends Client {
  #socket: ReceiverSocket | null = null
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
            this.#socket = new ReceiverSocket(socket, maxAgeMs)
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
