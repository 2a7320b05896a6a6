import type { EventName } from '../domain/events/index.ts'
import type { Database } from '../storage/database.ts'
import { isUrgent, plannedAt } from './priority.ts'

/** A delivery to be sent now, with all that sending it needs. */
export interface DueDelivery {
  id: string
  organizationId: string
  destinationId: string
  test: boolean
  /** Whether it comes before all that is not: a test send, or the first try of a retry by hand. */
  urgent: boolean
  dueAt: Date
  attemptCount: number
  attemptBase: number
  eventId: string
  eventType: EventName
  /** Canonical JSON texts. */
  data: string
  relations: string
  timestamp: Date
  url: string
  /** The number of the activation of its destination that it is sent under. */
  activation: number
  /** Sealed. */
  secret: string
  /** Sealed; null when no rotated-out secret signs any more. */
  previousSecret: string | null
  /** Of the publication, as in W3C's `traceparent`; null when it was not traced. */
  traceParent: string | null
}

export interface DuePage {
  deliveries: DueDelivery[]
  /** Whether there may be more than these. */
  more: boolean
  /** Names the URL and the activation of the destination: what began under another one holds no room. Null when it is gone. */
  generation: string | null
  /** Every transaction numbered below this had ended when we looked. */
  endedBelow: bigint
  /** Every transaction that was writing when we looked is numbered below this. Null when it was not asked for. */
  startedBelow: bigint | null
}

interface Row extends Partial<DueDelivery> {
  found: number | null
  generation: string | null
  endedBelow: string
  startedBelow: string | null
}

/**
 * What is due for a destination, urgent ones first, then oldest first. Test sends are due whatever its status, all else only while
 * it is ACTIVE; of erased events nothing is, whether or not it was canceled already. The settings come with
 * each delivery, so that a change holds from the next look on.
 *
 * @param except ids on the wire already
 * @param numbered asks for `startedBelow`, which costs a transaction number
 */
export async function findDueDeliveries(
  { db }: { db: Database },
  destinationId: string,
  { limit, except, numbered }: { limit: number; except: readonly string[]; numbered: boolean },
): Promise<DuePage> {
  const rows = await db.query<Row>(DUE, [destinationId, limit, except, numbered])
  const [first] = rows
  const deliveries = rows
    .filter((row): row is Row & DueDelivery => row.id != null)
    .map((row) => ({ ...row, urgent: isUrgent(row.dueAt), dueAt: plannedAt(row.dueAt) }))
  const found = first?.found ?? 0
  return {
    deliveries,
    more: found === limit || found > deliveries.length,
    generation: first?.generation ?? null,
    endedBelow: BigInt(first?.endedBelow ?? 0),
    startedBelow: first?.startedBelow ? BigInt(first.startedBelow) : null,
  }
}

/** Characters of event data in one look, beyond its first event: 200 destinations may be looked at at once. */
const LOOK_LENGTH = 1_000_000

/**
 * The left join keeps one row where nothing is due: the snapshot is an answer as well. Its upper end is not
 * "startedBelow": it is above what has ended, and a running transaction may be above it. Only a number of
 * our own is above all that were given before.
 */
const DUE = `
with due as (
  select
    delivery.id, delivery.due_at as "dueAt", delivery.test,
    destination.organization_id as "organizationId", destination.id as "destinationId",
    delivery.attempt_count as "attemptCount", delivery.attempt_base as "attemptBase",
    event.id as "eventId", event.type as "eventType", event.data, event.relations, event.timestamp,
    event.trace_parent as "traceParent",
    destination.url, destination.activation, signing_secret.current as secret,
    case when previous_expires_at > job_now() then previous end as "previousSecret"
  from delivery
  join event on event.id = delivery.event_id
  join destination on destination.id = delivery.destination_id
  join signing_secret on signing_secret.destination_id = destination.id
  where delivery.destination_id = $1 and delivery.status = 'PENDING'
    and delivery.due_at <= job_now() and delivery.id <> all($3::text[])
    and (destination.status = 'ACTIVE' or delivery.test) and event.erased_at is null
  order by delivery.due_at, delivery.id
  limit $2
), measured as (
  select *, count(*) over ()::int as found,
    sum(octet_length(data)) over (order by "dueAt", id) - octet_length(data) as before
  from due
)
select
  pg_snapshot_xmin(snapshot)::text as "endedBelow",
  case when $4 then pg_current_xact_id()::text end as "startedBelow",
  target.activation || ' ' || target.url as generation,
  measured.*
from pg_current_snapshot() as snapshot
left join destination as target on target.id = $1
left join measured on before < ${LOOK_LENGTH}
order by "dueAt", id`

/**
 * A part of a `with recursive`: each destination that something waits for, with when the first of it is due. Hops
 * from one to the next in the index "delivery_due", so it costs by destinations that wait, not by deliveries.
 */
export const WAITING = `waiting as (
  (
    select destination_id, due_at from delivery where status = 'PENDING'
    order by destination_id, due_at limit 1
  )
  union all
  select next.destination_id, next.due_at
  from waiting
  cross join lateral (
    select destination_id, due_at from delivery
    where status = 'PENDING' and destination_id > waiting.destination_id
    order by destination_id, due_at limit 1
  ) as next
)`
