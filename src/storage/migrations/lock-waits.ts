import type pg from 'pg'
import type { Logger } from '../../telemetry/logger.ts'
import { createEndpoints, openClient } from '../connection/client.ts'
import { sqlState } from '../database-fault.ts'

/** Milliseconds that a change of a table waits for its lock, because other transactions wait behind it. */
export const LOCK_TIMEOUT_MS = 300

const LOCK_NOT_AVAILABLE = '55P03'
const QUERY_CANCELED = '57014'
const DEADLOCK = '40P01'

/** Whether a statement ended because it did not get a lock in time, so that it can be repeated later. */
export function isLockTimeout(error: unknown): boolean {
  const state = sqlState(error)
  return state === LOCK_NOT_AVAILABLE || state === QUERY_CANCELED || state === DEADLOCK
}

/** The session of a transaction that prevents a lock. */
export interface LockHolder {
  /** The process id of the PostgreSQL backend. Null for a prepared transaction. */
  pid: number | null
  application: string
  /** Seconds since the transaction began. Null for a session of another role, whose times PostgreSQL does not show. */
  seconds: number | null
}

const HOLDER = `
  holder.pid, coalesce(application_name, '') as application,
  extract(epoch from clock_timestamp() - xact_start)::int as seconds`

/** Returns the oldest other transaction that has locked a table of the schema. Null if there is none. */
export async function findLockHolder(client: pg.Client): Promise<LockHolder | null> {
  const { rows } = await client.query<LockHolder>(
    `select ${HOLDER} from pg_locks as holder left join pg_stat_activity using (pid)
    where locktype = 'relation' and granted and holder.pid is distinct from pg_backend_pid()
      and holder.database = (select oid from pg_database where datname = current_database())
      and relation in (
        select oid from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace
      )
    order by xact_start limit 1`,
  )
  return rows[0] ?? null
}

/** Returns the oldest transaction that the backend `pid` is waiting for. Null if there is none. */
async function findBlocker(client: pg.Client, pid: number): Promise<LockHolder | null> {
  const { rows } = await client.query<LockHolder>(
    `select ${HOLDER} from unnest(pg_blocking_pids($1)) as holder (pid) left join pg_stat_activity using (pid)
    order by xact_start limit 1`,
    [pid],
  )
  return rows[0] ?? null
}

/** Describes the holder and how to end it, as the end of a sentence. */
export function describeHolder(holder: LockHolder | null): string {
  if (holder === null) return 'a transaction that has ended in the meantime.'
  const { application, pid, seconds } = holder
  if (pid === null) return 'a prepared transaction: end it with ROLLBACK PREPARED.'
  const age = seconds === null ? '' : `, open for ${seconds} s`
  return `the transaction of the session ${pid} (application "${application}"${age}): let it end, or end it with SELECT pg_terminate_backend(${pid}).`
}

/**
 * Logs each transaction that the client waits for: CREATE INDEX CONCURRENTLY waits until all transactions have ended that
 * began before it.
 * @returns a function that ends it
 */
export async function reportWaits(
  client: pg.Client,
  { url, log, intervalMs }: { url: string; log: Logger; intervalMs: number },
): Promise<() => void> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const reported = new Set<number | null>()
  const report = async () => {
    const watcher = await openClient(createEndpoints(url), {
      applicationName: 'bigmind-webhooks maintenance',
    })
    const blocker = await findBlocker(watcher, rows[0]!.pid).finally(() => watcher.end())
    if (blocker === null || reported.has(blocker.pid)) return
    reported.add(blocker.pid)
    log.warn(
      { ...blocker },
      `an index by which ids sort by bytes is not built until another transaction ends: ${describeHolder(blocker)}`,
    )
  }
  // Without the database, the build itself fails and is reported.
  const timer = setInterval(() => void report().catch(() => {}), intervalMs)
  return () => clearInterval(timer)
}
