import type { Clock, Database, IdPrefix, Logger } from '../services/ports.ts'

type Ports = {
  db: Database
  clock: Clock
  log: Logger
  /** The lowest id that could have been made at a time. */
  lowestId: (prefix: IdPrefix, time: Date) => string
}

/** Milliseconds between runs of one worker; the first is made at its start. */
export const PURGE_EVERY = 3_600_000

/** Events removed in one transaction, each with its deliveries and their attempts. */
const BATCH = 100

const DAY = 86_400_000

/**
 * Removes events older than the retention, with their deliveries and attempts. What still waits to be sent
 * keeps its event. Ids are in the order of time, so the oldest stand at the beginning of the primary key.
 */
export async function purgeExpired(
  { db, clock, log, lowestId }: Ports,
  retentionDays: number,
): Promise<void> {
  const end = lowestId('evt', new Date(Math.max(clock.now() - retentionDays * DAY, 0)))
  let after = ''
  let purged = 0
  for (;;) {
    const [batch] = await db.query<{ last: string | null; purged: number }>(PURGE, [
      after,
      end,
      BATCH,
    ])
    if (!batch?.last) break
    after = batch.last
    purged += batch.purged
  }
  if (purged > 0) log.info({ events: purged }, 'removed events older than the retention')
}

const PURGE = `
with expired as (
  select id from event where id > $1 and id < $2 order by id limit $3
), purged as (
  delete from event using expired
  where event.id = expired.id
    and not exists (select from delivery where event_id = event.id and status = 'PENDING')
  returning event.id
)
select (select max(id) from expired) as last, (select count(*)::int from purged) as purged`
