import pg from 'pg'
import { sqlState } from '../database-fault.ts'
import { CONNECT_TIMEOUT_MS, connectionConfig, type Endpoints } from './client.ts'

/** SQLSTATE of a server, database or role whose limit of connections is reached. */
export const TOO_MANY_CONNECTIONS = '53300'

/** Milliseconds between attempts while the server accepts no connection of this process. */
const RETRY_INTERVAL_MS = 200

/** Milliseconds after which a pool that was reduced tries to open one more connection. */
const GROW_AFTER_MS = 5_000

type Callback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: Error | boolean) => void,
) => void

/**
 * Creates a pool that adapts to the limit of the server. When the server refuses a connection because of its limit, the pool
 * is reduced to its open connections, and callers wait for one of them. When an endpoint fails, the next one is tried. A caller
 * waits for `connectionTimeoutMillis` at most.
 */
export function createConnectionPool(endpoints: Endpoints, options: pg.PoolConfig): pg.Pool {
  const size = options.max ?? 10
  const timeout = endpoints.address.connectTimeout ?? CONNECT_TIMEOUT_MS
  let growAt = Number.POSITIVE_INFINITY
  let gate: Promise<void> | null = null

  class EndpointClient extends pg.Client {
    constructor() {
      super({ ...options, ...connectionConfig(endpoints) })
      const connect = this.connect.bind(this) as (callback: (error: Error | null) => void) => void
      this.connect = ((callback: (error: Error | null) => void) =>
        connect((error) => {
          // Before the pool opens a connection for the next caller, which would be refused as well.
          if (error && sqlState(error) === TOO_MANY_CONNECTIONS) shrink()
          callback(error)
        })) as typeof this.connect
    }
  }

  class ConnectionPool extends pg.Pool {
    override connect(): Promise<pg.PoolClient>
    override connect(callback: Callback): void
    override connect(callback?: Callback): Promise<pg.PoolClient> | undefined {
      const client = acquire(() => super.connect())
      if (!callback) return client
      client.then(
        (one) => callback(undefined, one, one.release),
        (error: Error) => callback(error, undefined, () => {}),
      )
      return undefined
    }
  }

  async function acquire(connect: () => Promise<pg.PoolClient>): Promise<pg.PoolClient> {
    grow()
    const until = performance.now() + timeout
    for (let others = endpoints.address.endpoints.length - 1; ; ) {
      const tried = endpoints.current()
      try {
        return await connect()
      } catch (error) {
        if (pool.ending) throw error
        if (sqlState(error) === TOO_MANY_CONNECTIONS) {
          if (performance.now() > until) throw error
          if (pool.totalCount === 0) await retryTime()
        } else if (!endpoints.moveOn(tried, error) || others-- <= 0) {
          throw error
        }
      }
    }
  }

  /** The pool counts the refused connection as well. */
  function shrink(): void {
    pool.options.max = Math.max(pool.totalCount - 1, 1)
    growAt = performance.now() + GROW_AFTER_MS
  }

  function grow(): void {
    if (performance.now() < growAt) return
    pool.options.max = Math.min(pool.options.max + 1, size)
    growAt = pool.options.max < size ? performance.now() + GROW_AFTER_MS : Number.POSITIVE_INFINITY
  }

  /** All waiting callers share one delay, which limits the attempts at the server. */
  function retryTime(): Promise<void> {
    gate ??= new Promise<void>((resolve) => setTimeout(resolve, RETRY_INTERVAL_MS)).finally(() => {
      gate = null
    })
    return gate
  }

  const pool: pg.Pool = new ConnectionPool({
    ...options,
    connectionTimeoutMillis: timeout,
    Client: EndpointClient,
  })
  return pool
}
