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

/** Milliseconds between runs of one worker; the first is made at its start. */
export const PURGE_INTERVAL_MS = 3_600_000

/** Events judged at a time. */
const PAGE = 500

/**
 * Rows that one transaction removes, so that it is over in a moment: the live feed, which passes nobody who
 * still writes, waits for it, and so does who publishes again under an idempotency key that is being removed.
 */
const ROWS = 500

/** Milliseconds of rest after a transaction, however long it took. */
const LONGEST_REST = 5_000

const DAY = 86_400_000

/** Milliseconds for which deletions are told to who is behind. */
const DELETIONS_KEPT = DAY

/**
 * Removes events older than the retention, with their deliveries and attempts. A delivery that waits or has
 * FAILED keeps its event: it can still be sent, until its destination is deleted. (A failed test send does not,
 * nor does one of an erased event.) Ids are in the order of time, so the oldest stand at the beginning of the
 * primary key. What told the feed of deletions goes as well, after a day.
 *
 * One process at a time does it, and rests after each transaction for about as long as it took. What somebody else
 * holds is left to the next run.
 * @param signal ends it after the transaction under way
 */
export async function purgeExpired(
  { db, clock, log, lowestId }: Ports,
  retentionDays: number,
  signal?: AbortSignal,
): Promise<void> {
  const end = lowestId('evt', new Date(Math.max(clock.now() - retentionDays * DAY, 0)))
  let purged = 0
  // This transaction only holds the lock. It writes nothing, so it holds up neither the feed nor a vacuum.
  await db.transaction(async (holder) => {
    const [lock] = await holder.query<{ ours: boolean }>(
      'select pg_try_advisory_xact_lock($1) as ours',
      [ADVISORY_LOCKS.purge],
    )
    if (!lock?.ours) return
    const remove = gently({ db, clock }, holder, signal)
    for (let after = ''; !signal?.aborted; ) {
      const [page] = await db.query<Page>(JUDGE, [after, end, PAGE])
      if (!page?.last) break
      after = page.last
      if (page.expired.length === 0) continue
      // Deliveries first, so that the events that go have none that could be sent again meanwhile.
      await remove(REMOVE_DELIVERIES, page.expired)
      purged += await remove(REMOVE_EVENTS, page.expired)
    }
    await remove(REMOVE_DELETIONS, new Date(clock.now() - DELETIONS_KEPT))
  })
  if (purged > 0) log.info({ events: purged }, 'removed events older than the retention')
}

interface Page {
  /** The last event of the page, whether it goes or stays. Null when no more are old enough. */
  last: string | null
  /** Those that go. */
  expired: string[]
}

interface Removed {
  removed: number
  /** Whether the limit was reached, so that there may be more. */
  more: boolean
}

/** Makes a function that removes all that a statement finds, part by part, and answers how much it was. */
function gently(
  { db, clock }: Pick<Ports, 'db' | 'clock'>,
  holder: Sql,
  signal: AbortSignal | undefined,
) {
  return async (text: string, which: readonly string[] | Date): Promise<number> => {
    let total = 0
    for (let more = true; more && !signal?.aborted; ) {
      const start = clock.now()
      const [part] = await db.query<Removed>(text, [which, ROWS])
      total += part!.removed
      more = part!.more
      // The server ends a transaction that says nothing for 30 s.
      await holder.query('select')
      await pause(clock, Math.min(clock.now() - start, LONGEST_REST), signal)
    }
    return total
  }
}

/** A delivery that may still be sent. A test send can be made anew, and nothing is left of an erased event to send. */
const KEPT = `(status = 'PENDING' or (status = 'FAILED' and not test and not erased))`

const JUDGE = `
with page as (
  select id from event where id > $1 and id < $2 order by id limit $3
)
select max(id) as last, coalesce(array_agg(id) filter (where not exists (
  select from delivery where event_id = page.id and ${KEPT}
)), '{}') as expired
from page`

/**
 * The attempts go with their deliveries, by the foreign key. What was locked may be more than what is removed:
 * a delivery has one attempt or many.
 */
const REMOVE_DELIVERIES = `
with locked as (
  select id, 1 + attempt_count as size from delivery
  where event_id = any($1) and not ${KEPT}
  limit $2 for update skip locked
), measured as (
  select id, sum(size) over (order by id) - size as before from locked
), removed as (
  delete from delivery using measured where delivery.id = measured.id and before < $2
  returning 1
)
select
  (select count(*)::int from removed) as removed,
  (select coalesce(sum(size), 0) >= $2 from locked) as more`

/** The text of a large event is kept in rows of 2,000 bytes, beside the event's own. */
const REMOVE_EVENTS = `
with locked as (
  select id, 1 + pg_column_size(data) / 2000 as size from event
  where id = any($1) and not exists (select from delivery where event_id = event.id)
  limit $2 for update skip locked
), measured as (
  select id, sum(size) over (order by id) - size as before from locked
), removed as (
  delete from event using measured where event.id = measured.id and before < $2
  returning 1
)
select
  (select count(*)::int from removed) as removed,
  (select coalesce(sum(size), 0) >= $2 from locked) as more`

const REMOVE_DELETIONS = `
with removed as (
  delete from destination_deletion
  where id in (select id from destination_deletion where deleted_at < $1 limit $2)
  returning 1
)
select count(*)::int as removed, count(*) >= $2 as more from removed`
