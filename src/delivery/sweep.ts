import type { Database, Sql } from '../storage/database.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { cancelRemaining } from './cancel.ts'
import { WAITING } from './due.ts'
import type { Queue } from './queue.ts'

type Ports = { db: Database; queue: Queue; metrics: Metrics; log: Logger }

/** Seconds after which a delivery that is due counts as forgotten: its own wake-up had come long before. */
const OVERDUE = 1

/** Seconds ahead that no retry is due: the database's clock was set back. */
const TOO_FAR = 60

/** Milliseconds between sweeps of one worker. */
export const SWEEP_INTERVAL_MS = 5_000

/**
 * Wakes every destination with overdue deliveries, whatever became of the jobs that should have, and ends
 * what waits for one that has left ACTIVE. One that is being drained or queued anyway loses nothing by it. What a
 * clock that was set back has left in the future becomes due, once nothing of its destination comes before it.
 * The scan hops from destination to destination in the index, so it costs by destinations that wait, not by
 * deliveries.
 */
export async function wakeOverdueDestinations({ db, queue, metrics, log }: Ports): Promise<void> {
  const left = await db.transaction(async (tx) => {
    await queue.bringForward(tx)
    const rows = await tx.query<{ id: string; active: boolean; ahead: boolean }>(
      `with recursive ${WAITING}
      select id, status = 'ACTIVE' as active, due_at > job_now() as ahead
      from waiting join destination on id = destination_id
      where due_at < job_now() - make_interval(secs => $1)
        or due_at > job_now() + make_interval(secs => $2)`,
      [OVERDUE, TOO_FAR],
    )
    await makeDue(
      tx,
      rows.flatMap(({ id, ahead }) => (ahead ? [id] : [])),
    )
    const ids = rows.map(({ id }) => id)
    await queue.wake(tx, ids)
    if (ids.length > 0) log.debug({ destinations: ids.length }, 'woke overdue destinations')
    return rows.filter(({ active }) => !active).map(({ id }) => id)
  })
  if (left.length > 0) await cancelRemaining({ db, metrics }, left)
}

/** Ids ascend, so that what becomes due together goes out in the order of publication. */
async function makeDue(tx: Sql, destinationIds: readonly string[]): Promise<void> {
  if (destinationIds.length === 0) return
  await tx.query(
    `update delivery set due_at = job_now()
    where destination_id = any($1) and status = 'PENDING' and due_at > job_now()`,
    [destinationIds],
  )
}
