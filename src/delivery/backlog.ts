import type { Clock } from '../concurrency/clock.ts'
import type { Database } from '../storage/database.ts'
import { WAITING } from './due.ts'
import { plannedAtSql } from './priority.ts'

/** What is due and not sent, over all organizations. Only ACTIVE destinations count. */
export interface Backlog {
  /** At most `COUNTED`: beyond that it only takes time to know how many more there are. */
  deliveries: number
  /** For how many seconds the oldest of them has been due; 0 when there is none. */
  oldestAge: number
}

/** Deliveries that are counted at most. */
export const COUNTED = 10_000

/** Milliseconds for which one answer serves all who ask. */
const FRESH_FOR = 5_000

/** Hops from destination to destination in the index "delivery_due", then counts within it. */
const BACKLOG = `
with recursive ${WAITING}, behind as materialized (
  select destination_id, waiting.due_at
  from waiting join destination on id = destination_id
  where waiting.due_at <= job_now() and destination.status = 'ACTIVE'
)
select
  (
    select count(*)::int
    from (
      select from behind
      cross join lateral (
        select from delivery
        where delivery.destination_id = behind.destination_id and status = 'PENDING'
          and delivery.due_at <= job_now()
        order by delivery.due_at limit ${COUNTED}
      ) as due
      limit ${COUNTED}
    ) as counted
  ) as deliveries,
  coalesce(extract(epoch from job_now() - (select min(${plannedAtSql('due_at')}) from behind)), 0)::float8 as "oldestAge"`

/** Answers what is waiting. Those who ask at about the same time cost one statement, whose error is theirs as well. */
export function createBacklogReader({ db, clock }: { db: Database; clock: Clock }) {
  let answer: { backlog: Promise<Backlog>; until: number } | null = null
  return (): Promise<Backlog> => {
    if (answer && clock.now() < answer.until) return answer.backlog
    const backlog = db.query<Backlog>(BACKLOG, []).then(([row]) => row!)
    const asked = { backlog, until: Number.POSITIVE_INFINITY }
    answer = asked
    const keep = (milliseconds: number) => {
      asked.until = clock.now() + milliseconds
    }
    backlog.then(
      () => keep(FRESH_FOR),
      () => keep(0),
    )
    return backlog
  }
}
