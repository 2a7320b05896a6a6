import pg from 'pg'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { Cluster } from './postgres-cluster.ts'

/** Held, in the database `postgres`, by the one service that owns the server. Any number that nothing else there uses. */
const LOCK = 4_018_021

/** Milliseconds to wait for the lock of a service that has just died or is about to end. */
const LOCK_TIMEOUT = 2000

/** Milliseconds in which a server that runs has to answer. */
const ANSWER_TIMEOUT = 10_000

/** SQLSTATEs of a server that is on its way up or down. */
const CHANGING = new Set(['57P01', '57P02', '57P03'])

/** Milliseconds between attempts to get the lock back after the server dropped the connection. */
const RETRY_PAUSE = 1000

/** The right to use and to stop the server. It ends with this process, however that ends. */
export type Ownership = {
  /** A superuser's connection, which must stay open. */
  readonly connection: pg.Client
  /** Ends the keeping of it, once and before the server is stopped: true when the server is still ours to stop. */
  release(): Promise<boolean>
}

/**
 * Takes the server at `port` for this process. Returns `silent` when it does not answer and `changing` when it is just
 * starting or stopping; throws when another living process owns it.
 */
export async function takeOwnership(
  { password, folder }: Cluster,
  { port, log }: { port: number; log: (message: string) => void },
): Promise<Ownership | 'silent' | 'changing'> {
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  try {
    return keep(await lock(url, folder), { relock: () => lock(url, folder), log })
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error
    const { code } = error as { code?: string }
    if (code && CHANGING.has(code)) return 'changing'
    if (code === '28P01') {
      throw new EmbeddedPostgresError(
        `The password in ${folder}-password is not the one that the data in ${folder} was made with. Put the right file back.`,
      )
    }
    return 'silent'
  }
}

async function lock(url: string, folder: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_TIMEOUT,
    query_timeout: ANSWER_TIMEOUT,
    application_name: `bigmind-webhooks owner ${process.pid}`,
    keepAlive: true,
  })
  // A connection that breaks is noticed by its end; without a listener it would end the process.
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(`set lock_timeout = ${LOCK_TIMEOUT}`)
    await client.query('select pg_advisory_lock($1::bigint)', [LOCK])
    return client
  } catch (error) {
    const owner = await ownerOf(client).catch(() => '')
    client.end().catch(() => {})
    if ((error as { code?: string }).code !== '55P03') throw error
    throw new EmbeddedPostgresError(
      `${folder} is in use by process ${owner}. One process owns an embedded database: stop that one, set DATA_DIR to ` +
        'another folder, or set DATABASE_URL to share a database.',
    )
  }
}

async function ownerOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query(
    `select application_name from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and objid = $1 and granted`,
    [LOCK],
  )
  return rows[0]?.application_name.split(' ').at(-1) ?? ''
}

/** The server drops its connections when it restarts after a fault; the lock is then taken again. */
function keep(
  first: pg.Client,
  { relock, log }: { relock: () => Promise<pg.Client>; log: (message: string) => void },
): Ownership {
  let connection = first
  let held = true
  let released = false
  const watch = (client: pg.Client) => {
    connection = client
    held = true
    client.once('end', () => {
      held = false
      if (!released) setTimeout(regain, RETRY_PAUSE).unref()
    })
  }
  const regain = async () => {
    if (released) return
    try {
      const client = await relock()
      if (released) await client.end()
      else watch(client)
    } catch (error) {
      log(`PostgreSQL dropped its owner's connection: ${(error as Error).message}`)
      if (!(error instanceof EmbeddedPostgresError)) setTimeout(regain, RETRY_PAUSE).unref()
    }
  }
  watch(first)
  return {
    get connection() {
      return connection
    },
    async release() {
      released = true
      // A connection that was lost just now may be had again, unless the server is gone or somebody else's.
      return (
        held ||
        relock().then(
          () => true,
          () => false,
        )
      )
    },
  }
}
