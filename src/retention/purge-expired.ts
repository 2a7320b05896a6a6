import { type Clock, pause } from '../concurrency/clock.ts'
import { ADVISORY_LOCKS } from '../storage/advisory-locks.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { LowestId } from '../storage/ids.ts'
import type { Logger } from '../telemetry/logger.ts'

type Ports = {
  db: Database
  clock: Clock
  log: Logger
  lowestId: LowestId
}

/** Milliseconds between the runs of one worker. The first is made at its start. */
export const PURGE_INTERVAL_MS = 3_600_000

/** Events checked with one query. */
const PAGE_SIZE = 500

/**
 * Rows deleted in one transaction. The live feed waits for each transaction that writes, and so does a publication under an
 * idempotency key that is being deleted.
 */
const BATCH_SIZE = 500

/** The limit of the milliseconds of rest after a transaction. */
const MAX_REST_MS = 5_000

const DAY_MS = 86_400_000

/** Milliseconds for which deletions are kept for subscribers that resume. */
const DELETION_RETENTION_MS = DAY_MS

/**
 * Deletes events older than the retention, with their deliveries and attempts. A PENDING or FAILED delivery keeps its event,
 * because it can still be sent; a failed test send and a delivery of an erased event do not. Ids ascend with time, so the
 * oldest events are first in the primary key. Also deletes the rows of deleted destinations and attempts after a day.
 *
 * One process at a time runs it, and rests after each transaction for as long as the transaction took. Rows that are locked
 * are left to the next run.
 * @param signal ends it after the current transaction
 */
export async function purgeExpired(
  { db, clock, log, lowestId }: Ports,
  retentionDays: number,
  signal?: AbortSignal,
): Promise<void> {
  const end = lowestId('evt', new Date(Math.max(clock.now() - retentionDays * DAY_MS, 0)))
  let purged = 0
  // This transaction only holds the lock. It writes nothing, so neither the feed nor a vacuum waits for it.
  await db.transaction(async (lockTx) => {
    const [lock] = await lockTx.query<{ acquired: boolean }>(
      'select pg_try_advisory_xact_lock($1) as acquired',
      [ADVISORY_LOCKS.purge],
    )
    if (!lock?.acquired) return
    const deleteRows = deleteInBatches({ db, clock }, lockTx, signal)
    for (let after = ''; !signal?.aborted; ) {
      const [page] = await db.query<Page>(FIND_EXPIRED, [after, end, PAGE_SIZE])
      if (!page?.last) break
      after = page.last
      if (page.expired.length === 0) continue
      // Deliveries first: an event is deleted only when it has none, so none can be retried meanwhile.
      await deleteRows(DELETE_DELIVERIES, page.expired)
      purged += await deleteRows(DELETE_EVENTS, page.expired)
    }
    const deletedBefore = new Date(clock.now() - DELETION_RETENTION_MS)
    await deleteRows(deleteOlder('destination_deletion'), deletedBefore)
    await deleteRows(deleteOlder('deleted_attempt'), deletedBefore)
  })
  if (purged > 0) log.info({ events: purged }, 'removed events older than the retention')
}

interface Page {
  /** The id of the last event of the page, expired or not. Null when no more events are old enough. */
  last: string | null
  /** The ids of the events to delete. */
  expired: string[]
}

interface Deleted {
  deleted: number
  /** Whether the limit was reached, so that more rows may match. */
  more: boolean
}

/** Creates a function that repeats a DELETE until no row matches, and returns how many rows it deleted. */
function deleteInBatches(
  { db, clock }: Pick<Ports, 'db' | 'clock'>,
  lockTx: Sql,
  signal: AbortSignal | undefined,
) {
  return async (text: string, which: readonly string[] | Date): Promise<number> => {
    let total = 0
    for (let more = true; more && !signal?.aborted; ) {
      const start = clock.now()
      const [batch] = await db.query<Deleted>(text, [which, BATCH_SIZE])
      total += batch!.deleted
      more = batch!.more
      // The server ends a transaction without a statement for 30 s.
      await lockTx.query('select')
      await pause(clock, Math.min(clock.now() - start, MAX_REST_MS), signal)
    }
    return total
  }
}

/** SQL: whether a delivery may still be sent. A test send can be repeated, and an erased event has no content to send. */
const KEPT = `(status = 'PENDING' or (status = 'FAILED' and not test and not erased))`

const FIND_EXPIRED = `
with page as (
  select id from event where id > $1 and id < $2 order by id limit $3
)
select max(id) as last, coalesce(array_agg(id) filter (where not exists (
  select from delivery where event_id = page.id and ${KEPT}
)), '{}') as expired
from page`

/**
 * Locks up to the limit of rows, and deletes as many of them as count for that many rows together.
 * @param size SQL for the number of rows that one row counts for
 */
const deleteBySize = (table: 'delivery' | 'event', size: string, condition: string) => `
with locked as (
  select id, ${size} as size from ${table}
  where ${condition}
  limit $2 for update skip locked
), measured as (
  select id, sum(size) over (order by id) - size as before from locked
), deleted_rows as (
  delete from ${table} using measured where ${table}.id = measured.id and before < $2
  returning 1
)
select
  (select count(*)::int from deleted_rows) as deleted,
  (select coalesce(sum(size), 0) >= $2 from locked) as more`

/** The attempts of a delivery are deleted with it, by the foreign key. */
const DELETE_DELIVERIES = deleteBySize(
  'delivery',
  '1 + attempt_count',
  `event_id = any($1) and not ${KEPT}`,
)

/** A large event counts by its size: PostgreSQL stores it in further rows of 2,000 bytes. */
const DELETE_EVENTS = deleteBySize(
  'event',
  '1 + pg_column_size(data) / 2000',
  'id = any($1) and not exists (select from delivery where event_id = event.id)',
)

const deleteOlder = (table: 'destination_deletion' | 'deleted_attempt') => `
with deleted_rows as (
  delete from ${table}
  where id in (select id from ${table} where deleted_at < $1 limit $2)
  returning 1
)
select count(*)::int as deleted, count(*) >= $2 as more from deleted_rows`
