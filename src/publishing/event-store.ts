import type { Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'

/** An event that was checked and is ready to be stored. */
export interface NewEvent {
  id: string
  organizationId: string
  /** Wire name. */
  type: string
  /** Canonical JSON texts, as they will be delivered. */
  data: string
  relations: string
  relatedIds: readonly string[]
  timestamp: Date
  /** The timestamp that its publisher gave; null when it was left to the service. */
  givenTimestamp: Date | null
  idempotencyKey: string | null
  /** What tells a repeat from another event under the same key. Null without a key. */
  fingerprint: Buffer | null
  /** W3C's `traceparent`, then after a blank `tracestate` if there is one; null when nothing traces. */
  traceParent: string | null
}

/** The destinations that selected an event. */
export type Match = (event: NewEvent) => readonly MatchingDestination[]

interface MatchingDestination {
  id: string
  /** Whether it is ACTIVE: it is sent the event then, else it gets a SKIPPED delivery. */
  active: boolean
}

/** Another transaction took an idempotency key between our look and our insert; the next look sees it. */
export class IdempotencyKeyTaken extends Error {
  override name = 'IdempotencyKeyTaken'
}

/**
 * Stores events with a delivery for each destination that selected them.
 * @returns who selected what
 * @throws IdempotencyKeyTaken when an idempotency key is in use: the transaction must be run again
 */
export async function storeEvents(
  { newId }: { newId: NewId },
  tx: Sql,
  events: readonly NewEvent[],
): Promise<Match> {
  const match = await matchDestinations(tx, events)
  for (const part of inParts(events, match)) {
    const stored = await insert(tx, part, deliveriesOf(part, match, newId))
    if (stored < part.length) throw new IdempotencyKeyTaken()
  }
  return match
}

const kindOf = ({ organizationId, type }: NewEvent) => `${organizationId} ${type}`

/**
 * Finds who selected the events. The shared locks make a publication and a change of the destination come
 * one after the other: nobody leaves ACTIVE between this look and our commit.
 */
async function matchDestinations(tx: Sql, events: readonly NewEvent[]): Promise<Match> {
  const kinds = [...new Map(events.map((event) => [kindOf(event), event])).values()]
  if (kinds.length === 0) return () => []
  const rows = await tx.query<MatchingDestination & { kind: string }>(
    `select destination.id, destination.organization_id || ' ' || kind.type as kind,
      destination.status = 'ACTIVE' as active
    from unnest($1::text[], $2::text[]) as kind (organization_id, type)
    join destination on destination.organization_id = kind.organization_id
      and kind.type = any(destination.events)
    order by destination.id
    for share of destination`,
    [kinds.map(({ organizationId }) => organizationId), kinds.map(({ type }) => type)],
  )
  const matches = Map.groupBy(rows, ({ kind }) => kind)
  return (event) => matches.get(kindOf(event)) ?? []
}

/** Deliveries of one statement: a batch for thousands of destinations must not fill the memory. */
const PART = 20_000

function* inParts(events: readonly NewEvent[], match: Match): Generator<NewEvent[]> {
  let part: NewEvent[] = []
  let deliveries = 0
  for (const event of events) {
    part.push(event)
    deliveries += match(event).length
    if (deliveries < PART) continue
    yield part
    part = []
    deliveries = 0
  }
  if (part.length > 0) yield part
}

interface NewDelivery {
  id: string
  eventId: string
  destinationId: string
  active: boolean
}

function deliveriesOf(events: readonly NewEvent[], match: Match, newId: NewId): NewDelivery[] {
  return events.flatMap((event) =>
    match(event).map(({ id, active }) => ({
      id: newId('dlv'),
      eventId: event.id,
      destinationId: id,
      active,
    })),
  )
}

const INSERT = `
with stored as (
  insert into event (
    id, organization_id, type, data, relations, related_ids, timestamp, idempotency_key, fingerprint,
    trace_parent, created_at
  )
  select
    id, organization_id, type, data, relations, string_to_array(related_ids, chr(31)), timestamp,
    idempotency_key, fingerprint, trace_parent, job_now()
  from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
    $8::text[], $9::bytea[], $10::text[]
  ) as event (
    id, organization_id, type, data, relations, related_ids, timestamp, idempotency_key, fingerprint,
    trace_parent
  )
  on conflict (organization_id, idempotency_key) do nothing
  returning id
), delivered as (
  insert into delivery (id, event_id, destination_id, status, due_at, created_at, completed_at)
  select
    delivery.id, event_id, destination_id,
    (case when active then 'PENDING' else 'SKIPPED' end)::delivery_status,
    case when active then job_now() end,
    job_now(),
    case when not active then job_now() end
  from unnest($11::text[], $12::text[], $13::text[], $14::bool[])
    as delivery (id, event_id, destination_id, active)
  join stored on stored.id = event_id
)
select count(*)::int as stored from stored`

/** @returns how many events were stored: fewer than given when a key was taken meanwhile */
async function insert(
  tx: Sql,
  events: readonly NewEvent[],
  deliveries: readonly NewDelivery[],
): Promise<number> {
  const [row] = await tx.query<{ stored: number }>(INSERT, [
    events.map(({ id }) => id),
    events.map(({ organizationId }) => organizationId),
    events.map(({ type }) => type),
    events.map(({ data }) => data),
    events.map(({ relations }) => relations),
    events.map(({ relatedIds }) => (relatedIds.length > 0 ? relatedIds.join('\u001f') : null)),
    events.map(({ timestamp }) => timestamp),
    events.map(({ idempotencyKey }) => idempotencyKey),
    events.map(({ fingerprint }) => fingerprint),
    events.map(({ traceParent }) => traceParent),
    deliveries.map(({ id }) => id),
    deliveries.map(({ eventId }) => eventId),
    deliveries.map(({ destinationId }) => destinationId),
    deliveries.map(({ active }) => active),
  ])
  return row?.stored ?? 0
}
