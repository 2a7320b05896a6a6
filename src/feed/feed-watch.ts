import type { Clock } from '../concurrency/clock.ts'
import type { Database } from '../storage/database.ts'
import type { Logger } from '../telemetry/logger.ts'

/** The transaction that holds the feeds back. */
export interface FeedHolder {
  /** Process id of the server's backend; null for a prepared transaction. */
  pid: number | null
  /** Its application_name, or the name of the prepared transaction. */
  application: string
  /** Seconds for which it has been seen. */
  seconds: number
}

export interface FeedWatch {
  /** Looks once. Call it every `WATCH_EVERY_MS`. */
  look(): Promise<void>
  /** The transaction that has held the feeds back for 10 s or longer; null when there is none. */
  holder(): FeedHolder | null
}

/** Milliseconds between looks. */
export const WATCH_EVERY_MS = 2_000

/** Milliseconds after which an open transaction is reported. The service's own are shorter. */
const REPORTED_AFTER_MS = 10_000

/**
 * A transaction that has written and stays open, in any database of the server, holds all feeds back: they pass no
 * transaction that may still commit. Watches for one, and names it in the log, in the metrics and in the readiness.
 */
export function createFeedWatch({
  db,
  clock,
  log,
}: {
  db: Database
  clock: Clock
  log: Logger
}): FeedWatch {
  let oldest: { transaction: string; since: number } | null = null
  let holder: Omit<FeedHolder, 'seconds'> | null = null
  const age = () => (oldest ? clock.now() - oldest.since : 0)

  return {
    async look() {
      try {
        await lookOnce()
      } catch (error) {
        // The database is away: other parts report that.
        if (!db.isTransient(error)) throw error
      }
    },
    holder: () => holder && { ...holder, seconds: Math.round(age() / 1_000) },
  }

  async function lookOnce(): Promise<void> {
    const transaction = await oldestRunning(db)
    if (transaction === null || transaction !== oldest?.transaction) {
      if (holder) log.info(holder, 'the transaction that held the live feed back has ended')
      holder = null
      oldest = transaction === null ? null : { transaction, since: clock.now() }
      return
    }
    if (holder || age() < REPORTED_AFTER_MS) return
    holder = await ownerOf(db, transaction)
    if (!holder) return
    log.warn(
      { ...holder, seconds: Math.round(age() / 1_000) },
      'a transaction that stays open holds the live feed back: end it, as with pg_terminate_backend(pid)',
    )
  }
}

/** @returns the number of the oldest transaction that is running and has written; null when there is none */
async function oldestRunning(db: Database): Promise<string | null> {
  const [row] = await db.query<{ oldest: string; next: string }>(
    `select pg_snapshot_xmin(snapshot)::text as oldest, pg_snapshot_xmax(snapshot)::text as next
    from pg_current_snapshot() as snapshot`,
  )
  return row && row.oldest !== row.next ? row.oldest : null
}

/** pg_locks and these columns of pg_stat_activity can be read by every role. */
async function ownerOf(
  db: Database,
  transaction: string,
): Promise<Omit<FeedHolder, 'seconds'> | null> {
  const [row] = await db.query<Omit<FeedHolder, 'seconds'>>(
    `select pid, coalesce(application_name, '') as application
    from pg_locks left join pg_stat_activity using (pid)
    where locktype = 'transactionid' and granted and mode = 'ExclusiveLock' and pid is not null
      and transactionid = $1::text::xid8::xid
    union all
    select null, gid from pg_prepared_xacts where transaction = $1::text::xid8::xid`,
    [transaction],
  )
  return row ?? null
}
