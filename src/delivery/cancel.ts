import type { Database, Sql } from '../storage/database.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** Deliveries canceled in one transaction: a destination can have a backlog that would take minutes at once. */
const PART = 5_000

/**
 * Cancels what waits for destinations that are not ACTIVE, or the first part of it. Nothing of the rest is
 * sent either: only an ACTIVE destination is. Test sends go out whatever the status, so they stay. The
 * caller holds the destinations' rows, and knows that they are not ACTIVE.
 * @returns whether there may be more, for `cancelRemaining`
 */
export type CancelBatch = (destinationIds: readonly string[]) => Promise<boolean>

/** Runs a transaction that can cancel deliveries. The metrics count them when it has committed, however often it ran. */
export async function cancelingTransaction<Result>(
  { db, metrics }: { db: Database; metrics: Metrics },
  work: (tx: Sql, cancelBatch: CancelBatch) => Promise<Result>,
): Promise<Result> {
  let canceled = 0
  const result = await db.transaction((tx) => {
    canceled = 0
    return work(tx, async (destinationIds) => {
      const rows = await tx.query(CANCEL, [destinationIds, PART])
      canceled += rows.length
      return rows.length === PART
    })
  })
  metrics.ended('CANCELED', canceled)
  return result
}

const CANCEL = `
update delivery set status = 'CANCELED', due_at = null, completed_at = job_now()
where id in (
  select id from delivery
  where destination_id = any($1) and status = 'PENDING' and not test
  order by id limit $2 for no key update
)
returning 1`

/** Cancels all that still waits, part by part, for those of the destinations that are not ACTIVE (again). */
export async function cancelRemaining(
  { db, metrics }: { db: Database; metrics: Metrics },
  destinationIds: readonly string[],
): Promise<void> {
  for (let more = true; more; ) {
    more = await cancelingTransaction({ db, metrics }, async (tx, cancelBatch) => {
      const left = await tx.query<{ id: string }>(
        `select id from destination where id = any($1) and status <> 'ACTIVE' order by id for share`,
        [destinationIds],
      )
      const ids = left.map(({ id }) => id)
      return ids.length > 0 && cancelBatch(ids)
    })
  }
}
