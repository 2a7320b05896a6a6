import type { EventName } from '../domain/events/index.ts'
import type { Database } from '../storage/database.ts'
import { isUrgent, plannedAt } from './priority.ts'

/** A delivery that is due, with everything needed to send it. */
export interface DueDelivery {
  id: string
  organizationId: string
  destinationId: string
  test: boolean
  /** Whether it is sent before others: a test send, or the first attempt of a retry by hand. */
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
  /** The number of the current activation of the destination. */
  activation: number
  /** Encrypted. */
  secret: string
  /** Encrypted; null when no earlier secret signs any more. */
  previousSecret: string | null
  /** W3C `traceparent` of the publication; null when it was not traced. */
  traceParent: string | null
}

export interface DuePage {
  deliveries: DueDelivery[]
  /** Whether more may be due than these. */
  more: boolean
  /** The URL and activation of the destination as one text; null when the destination was deleted. */
  generation: string | null
  /** Every transaction with a lower number had ended when the page was read. */
  endedBelow: bigint
  /** Every transaction that was writing when the page was read has a lower number. Null unless requested. */
  startedBelow: bigint | null
}

interface Row extends Partial<DueDelivery> {
  found: number | null
  generation: string | null
  endedBelow: string
  startedBelow: string | null
}

interface PageOptions {
  limit: number
  /** Ids of deliveries in flight. */
  except: readonly string[]
  /** Requests `startedBelow`, which assigns a transaction number. */
  numbered: boolean
}

/**
 * Reads the due deliveries of a destination, urgent ones first, then the oldest. Test sends are due in every status of the
 * destination, all others only while it is ACTIVE, and none of an erased event. Each page has the current settings of the
 * destination.
 */
export async function findDueDeliveries(
  { db }: { db: Database },
  destinationId: string,
  { limit, except, numbered }: PageOptions,
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

/** Bytes of event data in one page before its last event. */
const PAGE_DATA_LENGTH = 1_000_000

/** Characters of a page at most. An event has at most 1 MB. */
export const MAX_PAGE_LENGTH = 2 * PAGE_DATA_LENGTH

/**
 * Returns one row with nulls when nothing is due, for the snapshot. "startedBelow" is a number of the statement's own: it
 * is above all numbers given before, while the upper end of the snapshot may be below a running transaction.
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
    case when previous_expires_at > service_now() then previous end as "previousSecret"
  from delivery
  join event on event.id = delivery.event_id
  join destination on destination.id = delivery.destination_id
  join signing_secret on signing_secret.destination_id = destination.id
  where delivery.destination_id = $1 and delivery.status = 'PENDING'
    and delivery.due_at <= service_now() and delivery.id <> all($3::text[])
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
left join measured on before < ${PAGE_DATA_LENGTH}
order by "dueAt", id`

/**
 * Part of a `with recursive`: each destination with PENDING deliveries, and when the first of them is due. Skips from one
 * destination to the next in the index "delivery_due", so its cost grows with the destinations, not with the deliveries.
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
