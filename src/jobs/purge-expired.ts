import type { Database, Logger } from '../services/ports.ts'

type Ports = { db: Database; log: Logger }

/** Milliseconds between runs of one worker. */
export const PURGE_EVERY = 3_600_000

/** Events removed in one transaction: short enough that nobody waits for it. */
const BATCH = 500

/**
 * Removes events older than the retention, with their deliveries and attempts. What still waits to be sent
 * keeps its event.
 */
export async function purgeExpired({ db, log }: Ports, retentionDays: number): Promise<void> {
  let purged = 0
  for (;;) {
    const rows = await db.query(
      `delete from event where id in (
        select id from event
        where created_at < pgboss.job_now() - make_interval(days => $1)
          and not exists (
            select from delivery where event_id = event.id and status = 'PENDING'
          )
        order by created_at limit $2
        for update skip locked
      ) returning id`,
      [retentionDays, BATCH],
    )
    purged += rows.length
    if (rows.length < BATCH) break
  }
  if (purged > 0) log.info({ events: purged }, 'removed events older than the retention')
}
