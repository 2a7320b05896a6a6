import { createHash } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { PrismaClient } from '../generated/prisma/client.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createEndpoints, type Endpoints, startSession } from './connection/client.ts'
import { createConnectionPool } from './connection/pool.ts'
import { isQueryTimeout, isTransient, sqlState } from './database-fault.ts'

/** Runs SQL with positional parameters. Each connection prepares a text with parameters once. */
export interface Sql {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

/** The database: Prisma for reads of the API, SQL for the hot paths, over one pool. */
export interface Database extends Sql {
  readonly prisma: PrismaClient
  /** Commits when `work` resolves, else rolls back and rethrows. Repeats `work` after a deadlock. */
  transaction<Result>(work: (tx: Sql) => Promise<Result>): Promise<Result>
  /** Whether the same call may succeed later: the database is unreachable or busy, or a deadlock ended the transaction. */
  isTransient(error: unknown): boolean
}

/** The default of DATABASE_POOL. Few connections suffice: one transaction writes for many callers. */
export const POOL_SIZE = 16

/**
 * Milliseconds after which the server cancels a statement. Long work runs in batches of a second or two, so only a statement
 * that hangs reaches the limit.
 */
const STATEMENT_TIMEOUT_MS = 25_000

/**
 * Milliseconds by which the time limits of the clients exceed that of the server. The server must be first: a transaction that
 * Prisma has abandoned could still commit a running statement.
 */
const CLIENT_GRACE_MS = 5_000

/** How often a transaction is repeated after a deadlock. */
const MAX_DEADLOCK_RETRIES = 5

/** How often a call is repeated because its connection has an outdated plan: at most once for each connection. */
const MAX_OUTDATED_PLANS = 500

/** The interface that pg-boss requires of a database. `setSessionStatements` sets what each new connection runs first. */
interface PgBossDatabase {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
  setSessionStatements(statements: string[]): Promise<void>
}

interface Session {
  statements: readonly string[]
}

export interface DatabaseAdapter extends Database {
  readonly forPgBoss: PgBossDatabase
  /** The schema with pg-boss's tables. */
  readonly bossSchema: string
  /** Returns how many connections of the pool are in use and idle, and how many callers wait for one. */
  connections(): { active: number; idle: number; waiting: number }
  close(): Promise<void>
}

export interface DatabaseOptions {
  log: Logger
  /** Milliseconds; see `STATEMENT_TIMEOUT_MS`, the default. */
  statementTimeoutMs?: number
  /** Connections of the pool at most. Default: `POOL_SIZE`. */
  poolSize?: number
}

/** Creates one pool for Prisma, SQL and pg-boss. Connects with the first query. */
export function createDatabase(
  url: string,
  { log, statementTimeoutMs = STATEMENT_TIMEOUT_MS, poolSize = POOL_SIZE }: DatabaseOptions,
): DatabaseAdapter {
  const session: Session = { statements: [] }
  const endpoints = createEndpoints(url)
  const { schema, bossSchema } = endpoints.address
  const pool = createPool(endpoints, session, { statementTimeoutMs, poolSize })
  // The server closed an idle connection. The next query opens another one.
  let closing = false
  pool.on('error', (error) => {
    if (!closing) log.warn({ err: error }, 'a database connection was lost')
  })
  const sql = sqlOn(pool)
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool, { schema }),
    transactionOptions: { timeout: statementTimeoutMs + CLIENT_GRACE_MS, maxWait: 10_000 },
  })
  return {
    prisma,
    forPgBoss: pgBossOn(pool, session),
    bossSchema,
    connections: () => ({
      active: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    query: (text, values) => withCurrentPlans(() => sql.query(text, values)),
    transaction: (work) => retryOnDeadlock(() => inTransaction(pool, work)),
    isTransient,
    async close() {
      closing = true
      await prisma.$disconnect()
      if (!pool.ended) await pool.end()
    },
  }
}

function createPool(
  endpoints: Endpoints,
  session: Session,
  { statementTimeoutMs, poolSize }: { statementTimeoutMs: number; poolSize: number },
): pg.Pool {
  const limits = {
    statementTimeoutMs,
    idleInTransactionTimeoutMs: statementTimeoutMs + CLIENT_GRACE_MS,
  }
  const pool = createConnectionPool(endpoints, {
    max: poolSize,
    // Detects a server that is gone without closing the connection, whose own time limits have no effect here.
    keepAlive: true,
    query_timeout: statementTimeoutMs + CLIENT_GRACE_MS,
    application_name: 'bigmind-webhooks pool',
    // Runs before the first query of the connection, which fails with its error.
    async onConnect(client) {
      await startSession(client, endpoints, limits)
      for (const statement of session.statements) await client.query(statement)
    },
  })
  // A connection in use reports its loss through the failing statement. Between two statements, an 'error' event without
  // a listener would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

function pgBossOn(pool: pg.Pool, session: Session): PgBossDatabase {
  return {
    executeSql: (text, values) => pool.query(text, values),
    async setSessionStatements(statements) {
      session.statements = statements
    },
  }
}

const names = new Map<string, string>()

/** Returns the name under which connections prepare a statement: a hash of its text. */
function nameOf(text: string): string {
  let name = names.get(text)
  if (!name) {
    name = createHash('sha1').update(text).digest('base64url')
    names.set(text, name)
  }
  return name
}

function sqlOn(connection: pg.Pool | pg.PoolClient): Sql {
  return {
    async query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      const { rows } = values
        ? await connection.query({ name: nameOf(text), text, values: [...values] })
        : await connection.query(text)
      return rows as Row[]
    },
  }
}

async function inTransaction<Result>(
  pool: pg.Pool,
  work: (tx: Sql) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    const result = await work(sqlOn(client))
    await client.query('commit')
    return result
  } catch (error) {
    if (isQueryTimeout(error) || isOutdatedPlan(error)) broken = error as Error
    else {
      await client.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError
      })
    }
    throw error
  } finally {
    client.release(broken)
  }
}

const DEADLOCK = '40P01'
const SERIALIZATION_FAILURE = '40001'

/** Whether PostgreSQL rolled a transaction back because of another one, so that it can be repeated. */
const isSerializationFault = (error: unknown) =>
  sqlState(error) === DEADLOCK || sqlState(error) === SERIALIZATION_FAILURE

/**
 * Whether a connection had prepared a statement whose columns a migration of a newer release has changed. Nothing was
 * executed. The connection is closed, and another one prepares the statement again.
 */
const isOutdatedPlan = (error: unknown) =>
  error instanceof Error && 'routine' in error && error.routine === 'RevalidateCachedQuery'

async function retryOnDeadlock<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let repeat = 0; ; repeat += 1) {
    try {
      return await withCurrentPlans(run)
    } catch (error) {
      if (!isSerializationFault(error) || repeat >= MAX_DEADLOCK_RETRIES) throw error
    }
  }
}

async function withCurrentPlans<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await run()
    } catch (error) {
      if (!isOutdatedPlan(error) || tries >= MAX_OUTDATED_PLANS) throw error
    }
  }
}
