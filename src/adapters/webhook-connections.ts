import type { buildConnector } from 'undici'
import { Agent, Client, Pool } from 'undici'
import type { WebhookExchange } from './webhook-exchange.ts'

const MAX_HEADER_BYTES = 16 * 1024

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
 * but after 4 s at the latest. That is below what common servers grant, so they rarely close one under our
 * hands.
 */
export function openConnections(
  connect: buildConnector.connector,
  maxKeptOrigins: number,
): Connections {
  const common = {
    connect,
    factory: createPool,
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
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
    factory: (origin, options) => new CountingClient(origin, options),
  })
}

/** Tells each exchange whether its connection has served another before. */
class CountingClient extends Client {
  #served = 0

  constructor(origin: URL, options: object) {
    super(origin, options)
    this.on('connect', () => {
      this.#served = 0
    })
  }

  override dispatch(options: Agent.DispatchOptions, handler: WebhookExchange): boolean {
    handler.isReuse = () => this.#served++ > 0
    return super.dispatch(options, handler)
  }
}
