import type { Database, Sql } from '../storage/database.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { cancelRemaining } from './cancel.ts'
import { WAITING } from './due.ts'
import type { Queue, QueuedDestination } from './queue.ts'

type Ports = { db: Database; queue: Queue; metrics: Metrics; log: Logger }

/** Milliseconds between the sweeps of one worker. */
export const SWEEP_INTERVAL_MS = 5_000

/** Seconds for which a delivery is due before the sweep wakes its destination. Its own job does so long before. */
const OVERDUE_SECONDS = 1

/** Seconds in the future at which no delivery can be due: the longest retry delay is shorter. */
const MAX_AHEAD_SECONDS = 60

interface Waiting extends QueuedDestination {
  active: boolean
  ahead: boolean
}

/**
 * Repairs what a lost job, a dead process or a changed clock left behind: wakes destinations with overdue deliveries,
 * cancels deliveries that wait for a destination that is not ACTIVE, and makes deliveries due that a clock which was set
 * back left in the future. Destinations that are queued or drained anyway are not affected.
 */
export async function wakeOverdueDestinations({ db, queue, metrics, log }: Ports): Promise<void> {
  const inactive = await db.transaction(async (tx) => {
    await queue.bringForward(tx)
    const rows = await tx.query<Waiting>(
      `with recursive ${WAITING}
      select id as "destinationId", organization_id as "organizationId", status = 'ACTIVE' as active,
        due_at > service_now() as ahead
      from waiting join destination on id = destination_id
      where due_at < service_now() - make_interval(secs => $1)
        or due_at > service_now() + make_interval(secs => $2)`,
      [OVERDUE_SECONDS, MAX_AHEAD_SECONDS],
    )
    await makeDue(
      tx,
      rows.flatMap(({ destinationId, ahead }) => (ahead ? [destinationId] : [])),
    )
    await queue.wake(tx, rows)
    if (rows.length > 0) log.debug({ destinations: rows.length }, 'woke overdue destinations')
    return rows.flatMap(({ destinationId, active }) => (active ? [] : [destinationId]))
  })
  if (inactive.length > 0) await cancelRemaining({ db, metrics }, inactive)
}

/** Makes all deliveries of the destinations due now. They are sent by ascending id: in the order of publication. */
async function makeDue(tx: Sql, destinationIds: readonly string[]): Promise<void> {
  if (destinationIds.length === 0) return
  await tx.query(
    `update delivery set due_at = service_now()
    where destination_id = any($1) and status = 'PENDING' and due_at > service_now()`,
    [destinationIds],
  )
}
