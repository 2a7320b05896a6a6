import type { Clock } from '../concurrency/clock.ts'
import type { Database } from '../storage/database.ts'
import type { Logger } from '../telemetry/logger.ts'

/** A transaction that holds back the feeds. */
export interface BlockingTransaction {
  /** The process id of the PostgreSQL backend. Null for a prepared transaction. */
  pid: number | null
  /** The application_name of the session, or the name of the prepared transaction. */
  application: string
  /** Seconds since it was first seen. */
  seconds: number
}

export interface FeedWatch {
  /** Checks once. Call it every `FEED_CHECK_INTERVAL_MS`. */
  check(): Promise<void>
  /** Returns the transaction that has held back the feeds for at least `REPORTED_AFTER_MS`. Null if there is none. */
  blocker(): BlockingTransaction | null
}

export const FEED_CHECK_INTERVAL_MS = 2_000

/** The age at which an open transaction is reported. Transactions of the service are shorter. */
const REPORTED_AFTER_MS = 10_000

/**
 * Detects transactions that have written and stay open, in any database of the server. They hold back all feeds, which cannot
 * pass a transaction that can still commit. Logs them; metrics and readiness report them.
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
  let blocker: Omit<BlockingTransaction, 'seconds'> | null = null
  const age = () => (oldest ? clock.now() - oldest.since : 0)

  return {
    async check() {
      try {
        await checkOnce()
      } catch (error) {
        // Other parts report that the database is unavailable.
        if (!db.isTransient(error)) throw error
      }
    },
    blocker: () => blocker && { ...blocker, seconds: Math.round(age() / 1_000) },
  }

  async function checkOnce(): Promise<void> {
    const transaction = await oldestRunning(db)
    if (transaction === null || transaction !== oldest?.transaction) {
      if (blocker) log.info(blocker, 'the transaction that held the live feed back has ended')
      blocker = null
      oldest = transaction === null ? null : { transaction, since: clock.now() }
      return
    }
    if (blocker || age() < REPORTED_AFTER_MS) return
    blocker = await sessionOf(db, transaction)
    if (!blocker) return
    log.warn(
      { ...blocker, seconds: Math.round(age() / 1_000) },
      'a transaction that stays open holds the live feed back: end it, as with pg_terminate_backend(pid)',
    )
  }
}

/** Returns the number of the oldest running transaction that has written. Null if there is none. */
async function oldestRunning(db: Database): Promise<string | null> {
  const [row] = await db.query<{ oldest: string; next: string }>(
    `select pg_snapshot_xmin(snapshot)::text as oldest, pg_snapshot_xmax(snapshot)::text as next
    from pg_current_snapshot() as snapshot`,
  )
  return row && row.oldest !== row.next ? row.oldest : null
}

/** Returns the session of a transaction. Every role can read pg_locks and these columns of pg_stat_activity. */
async function sessionOf(
  db: Database,
  transaction: string,
): Promise<Omit<BlockingTransaction, 'seconds'> | null> {
  const [row] = await db.query<Omit<BlockingTransaction, 'seconds'>>(
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
