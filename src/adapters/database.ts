import { createHash } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../generated/prisma/client.ts'
import type { Database, Logger, Sql } from '../services/ports.ts'
import { isPassing, isSilence, sqlState } from './database-fault.ts'

/** Connections of one process. The hot paths need few, since they write for many at once. */
const POOL_SIZE = 16

/**
 * Milliseconds after which the server gives up a statement, whoever waits for it: a request of the API or a
 * worker. All long work is cut into parts that take a second or two, so this is for what hangs.
 */
const STATEMENT_TIMEOUT = 25_000

/**
 * Milliseconds more until Prisma gives up its transaction, and we a silent server. PostgreSQL comes first: a
 * transaction that Prisma has given up could still commit a statement that is under way.
 */
const LATER = 5_000

/** Times a transaction that lost against another one is run again. */
const REPEATS = 5

/**
 * Each statement of ours has an index made for it. Without statistics, as in a young database, the planner takes
 * tables for tiny and reads them whole, and a prepared statement keeps that plan while they grow: a drain lost half
 * its speed within 100,000 deliveries. What has no index is scanned all the same, but seems so dear to servers
 * before 18 that they would compile it.
 */
const PLANNING = 'set enable_seqscan = off; set jit = off'

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
  /** How many connections of the pool are in use and not, and how many callers wait for one. */
  connections(): { active: number; idle: number; waiting: number }
  close(): Promise<void>
}

export interface DatabaseOptions {
  log: Logger
  /** Milliseconds; see `STATEMENT_TIMEOUT`, the default. */
  statementTimeout?: number
}

/** One pool for Prisma, for SQL and for pg-boss. Connects when first used. */
export function createDatabase(
  url: string,
  { log, statementTimeout = STATEMENT_TIMEOUT }: DatabaseOptions,
): DatabaseAdapter {
  const session: Session = { statements: [] }
  const pool = createPool(url, session, statementTimeout)
  // Idle connections that the server closes; the next query opens another one.
  let closing = false
  pool.on('error', (error) => {
    if (!closing) log.warn({ err: error }, 'a database connection was lost')
  })
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    transactionOptions: { timeout: statementTimeout + LATER, maxWait: 10_000 },
  })
  return {
    prisma,
    forPgBoss: pgBossOn(pool, session),
    connections: () => ({
      active: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    ...sqlOn(pool),
    transaction: (work) => repeatLosers(() => inTransaction(pool, work)),
    isPassing,
    async close() {
      closing = true
      await prisma.$disconnect()
      if (!pool.ended) await pool.end()
    },
  }
}

function createPool(url: string, session: Session, statementTimeout: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    statement_timeout: statementTimeout,
    idle_in_transaction_session_timeout: statementTimeout + LATER,
    connectionTimeoutMillis: 10_000,
    // For a server that vanished without a word: its own time limits cannot reach us.
    keepAlive: true,
    query_timeout: statementTimeout + LATER,
    application_name: 'bigmind-webhooks',
    // Before anybody else uses the connection; when it fails, so does what it was opened for.
    async onConnect(client) {
      for (const statement of [PLANNING, ...session.statements]) await client.query(statement)
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
    if (isSilence(error)) broken = error
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
async function repeatLosers<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let repeat = 0; ; repeat += 1) {
    try {
      return await run()
    } catch (error) {
      const code = sqlState(error)
      const lost = code === DEADLOCK || code === SERIALIZATION_FAILURE
      if (!lost || repeat >= REPEATS) throw error
    }
  }
}
