import type { Clock } from '../concurrency/clock.ts'
import type { Database } from '../storage/database.ts'
import { WAITING } from './due.ts'
import { plannedAtSql } from './priority.ts'

/** The due deliveries of all ACTIVE destinations that are not sent yet. */
export interface Backlog {
  /** At most `MAX_COUNTED_DELIVERIES`, since counting more takes too long. */
  deliveries: number
  /** Seconds since the oldest of them became due; 0 when there is none. */
  oldestAgeSeconds: number
}

export const MAX_COUNTED_DELIVERIES = 10_000

/** Milliseconds for which a result is reused. */
const LIFETIME_MS = 5_000

const BACKLOG = `
with recursive ${WAITING}, behind as materialized (
  select destination_id, waiting.due_at
  from waiting join destination on id = destination_id
  where waiting.due_at <= service_now() and destination.status = 'ACTIVE'
)
select
  (
    select count(*)::int
    from (
      select from behind
      cross join lateral (
        select from delivery
        where delivery.destination_id = behind.destination_id and status = 'PENDING'
          and delivery.due_at <= service_now()
        order by delivery.due_at limit ${MAX_COUNTED_DELIVERIES}
      ) as due
      limit ${MAX_COUNTED_DELIVERIES}
    ) as counted
  ) as deliveries,
  coalesce(extract(epoch from service_now() - (select min(${plannedAtSql('due_at')}) from behind)), 0)::float8 as "oldestAgeSeconds"`

/** Creates a function that reads the backlog. Concurrent callers share one query and its error. */
export function createBacklogReader({ db, clock }: { db: Database; clock: Clock }) {
  let cached: { backlog: Promise<Backlog>; until: number } | null = null
  return (): Promise<Backlog> => {
    if (cached && clock.now() < cached.until) return cached.backlog
    const backlog = db.query<Backlog>(BACKLOG, []).then(([row]) => row!)
    const entry = { backlog, until: Number.POSITIVE_INFINITY }
    cached = entry
    backlog.then(
      () => {
        entry.until = clock.now() + LIFETIME_MS
      },
      () => {
        entry.until = 0
      },
    )
    return backlog
  }
}
