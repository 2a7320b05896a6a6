import { URGENT_DUE_AT } from '../delivery/priority.ts'
import type { Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import { defineRowSet } from '../storage/row-set.ts'

/** An event that was validated and is ready to be stored. */
export interface NewEvent {
  id: string
  organizationId: string
  /** Wire name. */
  type: string
  /** Canonical JSON texts: the bytes that are delivered. */
  data: string
  relations: string
  relatedIds: readonly string[]
  timestamp: Date
  /** The timestamp that the publisher gave; null when the service set it. */
  givenTimestamp: Date | null
  idempotencyKey: string | null
  /** SHA-256 of the input, to compare events under one idempotency key. Null without a key. */
  fingerprint: Buffer | null
  /** W3C `traceparent`, followed by a space and `tracestate` if there is one; null when tracing is off. */
  traceParent: string | null
}

/** Returns the destinations that selected an event. */
export type Match = (event: NewEvent) => readonly MatchingDestination[]

interface MatchingDestination {
  id: string
  /** Whether it is ACTIVE. If not, its delivery is SKIPPED. */
  active: boolean
}

/** Another transaction stored an event under one of the idempotency keys after this one had looked for them. */
export class IdempotencyKeyTaken extends Error {
  override name = 'IdempotencyKeyTaken'
}

/**
 * Stores events, each with a delivery for every destination that `match` returns.
 * @throws IdempotencyKeyTaken when an idempotency key is in use: repeat the transaction
 */
export async function storeEvents(
  { newId, match }: { newId: NewId; match: Match },
  tx: Sql,
  events: readonly NewEvent[],
): Promise<void> {
  for (const batch of inBatches(events, match)) {
    const deliveries = deliveriesOf(batch, match, newId)
    const stored = await insertEvents(tx, { events: batch, deliveries, test: false })
    if (stored < batch.length) throw new IdempotencyKeyTaken()
  }
}

/** Returns the organization and type of an event as one text. */
export const kindOf = ({ organizationId, type }: NewEvent) => `${organizationId} ${type}`

const KINDS = defineRowSet<NewEvent>('kind', {
  organization_id: ['text', ({ organizationId }) => organizationId],
  type: ['text', ({ type }) => type],
})

/** The shared locks order a publication and a change of a destination: its status does not change until the commit. */
const MATCH = `
select destination.id, destination.organization_id || ' ' || kind.type as kind,
  destination.status = 'ACTIVE' as active
from ${KINDS.sql}
join destination on destination.organization_id = kind.organization_id
  and kind.type = any(destination.events)
order by destination.id
for share of destination`

/** Locks the destinations that selected the events. @returns them for each event */
export async function matchDestinations(tx: Sql, events: readonly NewEvent[]): Promise<Match> {
  const kinds = [...new Map(events.map((event) => [kindOf(event), event])).values()]
  if (kinds.length === 0) return () => []
  const rows = await tx.query<MatchingDestination & { kind: string }>(MATCH, KINDS.values(kinds))
  const matches = Map.groupBy(rows, ({ kind }) => kind)
  return (event) => matches.get(kindOf(event)) ?? []
}

/** Deliveries of one statement. Preparing more would delay other requests of the process. */
const BATCH_SIZE = 5_000

function* inBatches(events: readonly NewEvent[], match: Match): Generator<NewEvent[]> {
  let batch: NewEvent[] = []
  let deliveries = 0
  for (const event of events) {
    batch.push(event)
    deliveries += match(event).length
    if (deliveries < BATCH_SIZE) continue
    yield batch
    batch = []
    deliveries = 0
  }
  if (batch.length > 0) yield batch
}

interface NewDelivery {
  id: string
  eventId: string
  destinationId: string
  /** Whether it is to be sent. If not, it is SKIPPED. */
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

/** Separates ids in one text, since arrays of arrays must have one length. No id contains it. */
const ID_SEPARATOR = '\u001f'

const EVENTS = defineRowSet<NewEvent>('event', {
  id: ['text', ({ id }) => id],
  organization_id: ['text', ({ organizationId }) => organizationId],
  type: ['text', ({ type }) => type],
  data: ['text', ({ data }) => data],
  relations: ['text', ({ relations }) => relations],
  related_ids: ['text', ({ relatedIds }) => relatedIds.join(ID_SEPARATOR) || null],
  timestamp: ['timestamptz', ({ timestamp }) => timestamp],
  idempotency_key: ['text', ({ idempotencyKey }) => idempotencyKey],
  fingerprint: ['bytea', ({ fingerprint }) => fingerprint],
  trace_parent: ['text', ({ traceParent }) => traceParent],
})

const DELIVERIES = defineRowSet<NewDelivery>(
  'delivery',
  {
    id: ['text', ({ id }) => id],
    event_id: ['text', ({ eventId }) => eventId],
    destination_id: ['text', ({ destinationId }) => destinationId],
    active: ['bool', ({ active }) => active],
  },
  11,
)

const INSERT = `
with stored as (
  insert into event (
    id, organization_id, type, data, relations, related_ids, timestamp, idempotency_key, fingerprint,
    trace_parent, test, created_at
  )
  select
    id, organization_id, type, data, relations, string_to_array(related_ids, chr(31)), timestamp,
    idempotency_key, fingerprint, trace_parent, $15::bool, service_now()
  from ${EVENTS.sql}
  on conflict (organization_id, idempotency_key) do nothing
  returning id
), delivered as (
  insert into delivery (id, event_id, destination_id, status, test, due_at, created_at, completed_at)
  select
    delivery.id, event_id, destination_id,
    (case when active then 'PENDING' else 'SKIPPED' end)::delivery_status,
    $15::bool,
    case when active then case when $15::bool then ${URGENT_DUE_AT} else service_now() end end,
    service_now(),
    case when not active then service_now() end
  from ${DELIVERIES.sql}
  join stored on stored.id = event_id
)
select count(*)::int as stored from stored`

/**
 * Inserts events and their deliveries with one statement.
 * @param options.test marks them as test sends, which are urgent
 * @returns how many events were stored: fewer than given when an idempotency key is in use
 */
export async function insertEvents(
  tx: Sql,
  {
    events,
    deliveries,
    test,
  }: { events: readonly NewEvent[]; deliveries: readonly NewDelivery[]; test: boolean },
): Promise<number> {
  const values = [...EVENTS.values(events), ...DELIVERIES.values(deliveries), test]
  const [row] = await tx.query<{ stored: number }>(INSERT, values)
  return row?.stored ?? 0
}
