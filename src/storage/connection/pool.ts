import pg from 'pg'
import { currentOwner } from '../../concurrency/owner.ts'
import { createShares, type Shares } from '../../concurrency/shares.ts'
import { sqlState } from '../database-fault.ts'
import { CONNECT_TIMEOUT_MS, connectionConfig, type Endpoints } from './client.ts'

/** SQLSTATE of a server, database or role whose limit of connections is reached. */
export const TOO_MANY_CONNECTIONS = '53300'

/** Milliseconds between attempts while the server accepts no connection of this process. */
const RETRY_INTERVAL_MS = 200

/** Connections that no organization uses, so that deliveries, publications of all and the feed do not wait for queries. */
const MIN_SERVICE_CONNECTIONS = 2

/** An organization alone has 1/3 of the other connections, see `createShares`: more would only take the CPU of the server. */
const SHARE_RATIO = 0.5

/** Callers of one organization that can wait for a connection. A waiting operation takes some 10 kB. */
const MAX_WAITING_CALLERS = 2_500

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
 * waits for `connectionTimeoutMillis` at most. Organizations share the connections: what runs for one of them, see
 * `concurrency/owner.ts`, leaves some to others and to the service. Beyond its share it waits.
 */
export function createConnectionPool(endpoints: Endpoints, options: pg.PoolConfig): pg.Pool {
  const timeoutMs = endpoints.address.connectTimeout ?? CONNECT_TIMEOUT_MS
  const max = options.max ?? 10
  const size = createPoolSize(max)
  const shares = createShares(Math.max(max - MIN_SERVICE_CONNECTIONS, 1), SHARE_RATIO)

  class EndpointClient extends pg.Client {
    constructor() {
      super({ ...options, ...connectionConfig(endpoints) })
      const connect = this.connect.bind(this) as (callback: (error: Error | null) => void) => void
      this.connect = ((callback: (error: Error | null) => void) =>
        connect((error) => {
          // Before the pool opens a connection for the next caller, which would be refused as well.
          if (error && sqlState(error) === TOO_MANY_CONNECTIONS) size.reduce(pool)
          callback(error)
        })) as typeof this.connect
    }
  }

  class ConnectionPool extends pg.Pool {
    override connect(): Promise<pg.PoolClient>
    override connect(callback: Callback): void
    override connect(callback?: Callback): Promise<pg.PoolClient> | undefined {
      size.grow(this)
      const connect = () => acquire({ endpoints, timeoutMs, pool: this }, () => super.connect())
      const owner = currentOwner()
      const client = owner === null ? connect() : connectInShare({ shares, owner }, connect)
      if (!callback) return client
      client.then(
        (one) => callback(undefined, one, one.release),
        (error: Error) => callback(error, undefined, () => {}),
      )
      return undefined
    }
  }

  const pool: pg.Pool = new ConnectionPool({
    ...options,
    connectionTimeoutMillis: timeoutMs,
    Client: EndpointClient as unknown as new () => pg.ClientBase,
  } as pg.PoolConfig)
  return pool
}

const TOO_MANY_WAITING_MESSAGE =
  'Too many operations of the organization are waiting for a database connection.'

/** Connects when the owner has room in its share, which the release of the client gives back. */
async function connectInShare(
  { shares, owner }: { shares: Shares; owner: string },
  connect: () => Promise<pg.PoolClient>,
): Promise<pg.PoolClient> {
  if (shares.waiting(owner) >= MAX_WAITING_CALLERS) throw new Error(TOO_MANY_WAITING_MESSAGE)
  await shares.acquire(owner, 1)
  try {
    const client = await connect()
    const release = client.release.bind(client)
    client.release = (error) => {
      shares.release(owner, 1)
      release(error)
    }
    return client
  } catch (error) {
    shares.release(owner, 1)
    throw error
  }
}

interface PoolAccess {
  endpoints: Endpoints
  timeoutMs: number
  pool: pg.Pool
}

/** Repeats `connect` with other endpoints, and until the server accepts a connection. */
async function acquire(
  { endpoints, timeoutMs, pool }: PoolAccess,
  connect: () => Promise<pg.PoolClient>,
): Promise<pg.PoolClient> {
  const until = performance.now() + timeoutMs
  for (let others = endpoints.address.endpoints.length - 1; ; ) {
    const tried = endpoints.current()
    try {
      return await connect()
    } catch (error) {
      if (pool.ending) throw error
      if (sqlState(error) === TOO_MANY_CONNECTIONS) {
        if (performance.now() > until) throw error
        if (pool.totalCount === 0) await nextAttempt(pool)
      } else if (!endpoints.moveOn(tried, error) || others-- <= 0) {
        throw error
      }
    }
  }
}

const nextAttempts = new WeakMap<pg.Pool, Promise<void>>()

/** Resolves after `RETRY_INTERVAL_MS`. All waiting callers of a pool share one delay, which limits the attempts. */
function nextAttempt(pool: pg.Pool): Promise<void> {
  const shared = nextAttempts.get(pool)
  if (shared) return shared
  const delay = new Promise<void>((resolve) => setTimeout(resolve, RETRY_INTERVAL_MS)).finally(() =>
    nextAttempts.delete(pool),
  )
  nextAttempts.set(pool, delay)
  return delay
}

/** Reduces the maximum of a pool when the server refuses a connection, and raises it again step by step. */
function createPoolSize(max: number) {
  let growAt = Number.POSITIVE_INFINITY
  return {
    /** The pool counts the refused connection as well. */
    reduce({ options, totalCount }: pg.Pool): void {
      options.max = Math.max(totalCount - 1, 1)
      growAt = performance.now() + GROW_AFTER_MS
    },
    grow({ options }: pg.Pool): void {
      if (performance.now() < growAt) return
      options.max = Math.min(options.max + 1, max)
      growAt = options.max < max ? performance.now() + GROW_AFTER_MS : Number.POSITIVE_INFINITY
    },
  }
}
