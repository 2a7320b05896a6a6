import type { Database, Sql } from '../storage/database.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** Deliveries canceled in one transaction. A large backlog in one transaction would take minutes. */
const BATCH_SIZE = 5_000

/**
 * Cancels waiting deliveries of destinations that are not ACTIVE, one batch at most. Test sends are not canceled: they are
 * sent in every status. The caller has locked the destinations.
 * @returns whether more may be waiting, for `cancelRemaining`; none of them is sent, since the destination is not ACTIVE
 */
export type CancelBatch = (destinationIds: readonly string[]) => Promise<boolean>

/** Runs a transaction that can cancel deliveries. Counts them in the metrics after the commit, even if it was repeated. */
export async function cancelingTransaction<Result>(
  { db, metrics }: { db: Database; metrics: Metrics },
  work: (tx: Sql, cancelBatch: CancelBatch) => Promise<Result>,
): Promise<Result> {
  let canceled = 0
  const result = await db.transaction((tx) => {
    canceled = 0
    return work(tx, async (destinationIds) => {
      const rows = await tx.query(CANCEL, [destinationIds, BATCH_SIZE])
      canceled += rows.length
      return rows.length === BATCH_SIZE
    })
  })
  metrics.ended('CANCELED', canceled)
  return result
}

const CANCEL = `
update delivery set status = 'CANCELED', due_at = null, completed_at = service_now()
where id in (
  select id from delivery
  where destination_id = any($1) and status = 'PENDING' and not test
  order by id limit $2 for no key update
)
returning 1`

/** Cancels all waiting deliveries, batch by batch, of those destinations that are still not ACTIVE. */
export async function cancelRemaining(
  { db, metrics }: { db: Database; metrics: Metrics },
  destinationIds: readonly string[],
): Promise<void> {
  for (let more = true; more; ) {
    more = await cancelingTransaction({ db, metrics }, async (tx, cancelBatch) => {
      const inactive = await tx.query<{ id: string }>(
        `select id from destination where id = any($1) and status <> 'ACTIVE' order by id for share`,
        [destinationIds],
      )
      const ids = inactive.map(({ id }) => id)
      return ids.length > 0 && cancelBatch(ids)
    })
  }
}
