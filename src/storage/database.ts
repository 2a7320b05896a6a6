import { createHash } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { PrismaClient } from '../generated/prisma/client.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createEndpoints, type Endpoints, startSession } from './connection/client.ts'
import { createConnectionPool } from './connection/pool.ts'
import { isQueryTimeout, isTransient, sqlState } from './database-fault.ts'

/** Runs SQL text with positional parameters; a text seen before is planned once a connection. */
export interface Sql {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

/** The database: Prisma for what reads best in it, SQL for the hot paths, one pool below both. */
export interface Database extends Sql {
  readonly prisma: PrismaClient
  /** Commits when `work` resolves, else rolls back and rethrows. */
  transaction<Result>(work: (tx: Sql) => Promise<Result>): Promise<Result>
  /** Whether the same call may well succeed later: the database is away, busy, or chose this as a deadlock's victim. */
  isTransient(error: unknown): boolean
}

/** Connections of one process, unless DATABASE_POOL says otherwise. Few suffice: one transaction writes for many callers. */
export const POOL_SIZE = 16

/**
 * Milliseconds after which the server gives up a statement, whoever waits for it: a request of the API or a
 * worker. All long work is cut into parts that take a second or two, so this is for what hangs.
 */
const STATEMENT_TIMEOUT_MS = 25_000

/**
 * Milliseconds more until Prisma gives up its transaction, and we a silent server. PostgreSQL comes first: a
 * transaction that Prisma has given up could still commit a statement that is under way.
 */
const LATER = 5_000

/** Times a transaction that lost against another one is run again. */
const REPEATS = 5

/** Connections of a pool that may each have an outdated plan. */
const MOST_OUTDATED = 500

/** The pool as pg-boss wants it: plain statements, and statements that each new session starts with. */
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
  /** How many connections of the pool are in use and not, and how many callers wait for one. */
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

/** One pool for Prisma, for SQL and for pg-boss. Connects when first used. */
export function createDatabase(
  url: string,
  { log, statementTimeoutMs = STATEMENT_TIMEOUT_MS, poolSize = POOL_SIZE }: DatabaseOptions,
): DatabaseAdapter {
  const session: Session = { statements: [] }
  const endpoints = createEndpoints(url)
  const { schema, bossSchema } = endpoints.address
  const pool = createPool(endpoints, session, { statementTimeoutMs, poolSize })
  // Idle connections that the server closes; the next query opens another one.
  let closing = false
  pool.on('error', (error) => {
    if (!closing) log.warn({ err: error }, 'a database connection was lost')
  })
  const sql = sqlOn(pool)
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool, { schema }),
    transactionOptions: { timeout: statementTimeoutMs + LATER, maxWait: 10_000 },
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
  const limits = { statementTimeoutMs, idleInTransactionTimeoutMs: statementTimeoutMs + LATER }
  const pool = createConnectionPool(endpoints, {
    max: poolSize,
    // For a server that vanished without a word: its own time limits cannot reach us.
    keepAlive: true,
    query_timeout: statementTimeoutMs + LATER,
    application_name: 'bigmind-webhooks pool',
    // Before anybody else uses the connection; when it fails, so does what it was opened for.
    async onConnect(client) {
      await startSession(client, endpoints, limits)
      for (const statement of session.statements) await client.query(statement)
    },
  })
  // A connection that is in use tells its user by the failing statement. But when it is lost between two
  // statements, an error that nobody listens for would end the process.
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

/** A statement with parameters is prepared once a connection, under a name made of its text. */
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

/** A deadlock's victim has done nothing and only needs another turn. */
const lostToAnother = (error: unknown) =>
  sqlState(error) === DEADLOCK || sqlState(error) === SERIALIZATION_FAILURE

/**
 * A connection has prepared a statement whose columns were changed since, by a migration of a newer release. It has done
 * nothing. Its connection is given up, and another one prepares the statement anew.
 */
const isOutdatedPlan = (error: unknown) =>
  error instanceof Error && 'routine' in error && error.routine === 'RevalidateCachedQuery'

async function retryOnDeadlock<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let repeat = 0; ; repeat += 1) {
    try {
      return await withCurrentPlans(run)
    } catch (error) {
      if (!lostToAnother(error) || repeat >= REPEATS) throw error
    }
  }
}

async function withCurrentPlans<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await run()
    } catch (error) {
      if (!isOutdatedPlan(error) || tries >= MOST_OUTDATED) throw error
    }
  }
}
