import { IdempotencyConflictError } from '../domain/errors.ts'
import { createGroupCommit } from '../domain/group-commit.ts'
import type { Database, NewId, Queue, Sql } from './ports.ts'

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
  idempotencyKey: string | null
  /** What tells a repeat from another event under the same key. */
  fingerprint: Buffer | null
}

export interface PublishedEvent {
  eventId: string
  /** An event with this idempotency key was there already, and is the one answered. */
  duplicate: boolean
  /** Deliveries made now, SKIPPED ones included; 0 for a duplicate. */
  deliveryCount: number
}

export interface Publisher {
  /**
   * Stores the events of one call, all or none, each with a delivery for every destination that selected it.
   * @throws IdempotencyConflictError
   */
  publish(events: readonly NewEvent[]): Promise<PublishedEvent[]>
  idle(): Promise<void>
}

type Ports = { db: Database; queue: Queue; newId: NewId }

/** Calls of one commit: enough for all that can arrive during one. */
const GROUP_SIZE = 64

/** A call with more events than this commits alone: it is a group by itself, and would hold up the others. */
const LARGE_CALL = 16

/** Publishes the calls that arrive about the same time in one transaction. */
export function createPublisher(ports: Ports): Publisher {
  const group = createGroupCommit<readonly NewEvent[], PublishedEvent[]>(
    (calls) => publishGroup(ports, calls),
    GROUP_SIZE,
  )
  return {
    publish: async (events) => {
      if (events.length <= LARGE_CALL) return group.add(events)
      const [result] = await publishGroup(ports, [events])
      if (result?.status === 'fulfilled') return result.value
      throw result?.reason
    },
    idle: () => group.idle(),
  }
}

type Settled = PromiseSettledResult<PublishedEvent[]>

async function publishGroup(
  ports: Ports,
  calls: readonly (readonly NewEvent[])[],
): Promise<Settled[]> {
  for (;;) {
    const settled = await ports.db
      .transaction(async (tx) => {
        const plan = planGroup(calls, await findKeyed(tx, calls.flat()))
        const deliveries = await matchDestinations(tx, plan.fresh, ports.newId)
        const stored = await insert(tx, plan.fresh, deliveries)
        if (stored < plan.fresh.length) throw new KeyTakenMeanwhile()
        const awake = deliveries.filter(({ active }) => active)
        await ports.queue.wake(tx, [...new Set(awake.map(({ destinationId }) => destinationId))])
        return settle(plan, deliveries)
      })
      .catch((error: unknown) => {
        if (error instanceof KeyTakenMeanwhile) return null
        throw error
      })
    if (settled) return settled
  }
}

/** Another transaction took an idempotency key between our look and our insert; the next look sees it. */
class KeyTakenMeanwhile extends Error {}

// ---------------------------------------------------------------- idempotency keys

interface Keyed {
  id: string
  fingerprint: Buffer | null
}

const keyOf = (event: { organizationId: string; idempotencyKey: string | null }) =>
  `${event.organizationId} ${event.idempotencyKey}`

async function findKeyed(tx: Sql, events: readonly NewEvent[]): Promise<Map<string, Keyed>> {
  const keyed = events.filter(({ idempotencyKey }) => idempotencyKey !== null)
  if (keyed.length === 0) return new Map()
  const rows = await tx.query<Keyed & { organizationId: string; idempotencyKey: string }>(
    `select id, fingerprint, organization_id as "organizationId", idempotency_key as "idempotencyKey"
    from event
    where (organization_id, idempotency_key) in (select * from unnest($1::text[], $2::text[]))`,
    [keyed.map((event) => event.organizationId), keyed.map((event) => event.idempotencyKey)],
  )
  return new Map(rows.map((row) => [keyOf(row), row]))
}

interface Plan {
  /** The events to store. */
  fresh: NewEvent[]
  calls: (
    | { refusal: IdempotencyConflictError }
    | { answers: { eventId: string; fresh: boolean }[] }
  )[]
}

/** Decides for each call, in order, what is new, what is a repeat and what is refused. */
function planGroup(calls: readonly (readonly NewEvent[])[], known: Map<string, Keyed>): Plan {
  const plan: Plan = { fresh: [], calls: [] }
  for (const events of calls) {
    const conflict = events.find((event) => {
      const first = known.get(keyOf(event))
      return first && !sameEvent(first, event)
    })
    if (conflict) {
      const first = known.get(keyOf(conflict)) as Keyed
      plan.calls.push({ refusal: new IdempotencyConflictError(first.id) })
      continue
    }
    const answers = events.map((event) => {
      const first = event.idempotencyKey === null ? undefined : known.get(keyOf(event))
      if (first) return { eventId: first.id, fresh: false }
      if (event.idempotencyKey !== null) known.set(keyOf(event), event)
      plan.fresh.push(event)
      return { eventId: event.id, fresh: true }
    })
    plan.calls.push({ answers })
  }
  return plan
}

const sameEvent = (one: Keyed, other: Keyed) =>
  one.fingerprint !== null &&
  other.fingerprint !== null &&
  one.fingerprint.equals(other.fingerprint)

function settle(plan: Plan, deliveries: readonly NewDelivery[]): Settled[] {
  const counts = new Map<string, number>()
  for (const { eventId } of deliveries) counts.set(eventId, (counts.get(eventId) ?? 0) + 1)
  return plan.calls.map((call): Settled => {
    if ('refusal' in call) return { status: 'rejected', reason: call.refusal }
    const value = call.answers.map(({ eventId, fresh }) => ({
      eventId,
      duplicate: !fresh,
      deliveryCount: fresh ? (counts.get(eventId) ?? 0) : 0,
    }))
    return { status: 'fulfilled', value }
  })
}

// ---------------------------------------------------------------- storing

interface NewDelivery {
  id: string
  eventId: string
  destinationId: string
  /** Whether the destination is ACTIVE: it is sent then, else SKIPPED. */
  active: boolean
}

/**
 * Finds who selected the events. The shared locks make a publication and a change of the destination come
 * one after the other: nobody leaves ACTIVE between this look and our commit.
 */
async function matchDestinations(
  tx: Sql,
  events: readonly NewEvent[],
  newId: NewId,
): Promise<NewDelivery[]> {
  const kinds = new Map(events.map((event) => [`${event.organizationId} ${event.type}`, event]))
  if (kinds.size === 0) return []
  const rows = await tx.query<{ id: string; kind: string; active: boolean }>(
    `select destination.id, destination.organization_id || ' ' || kind.type as kind,
      destination.status = 'ACTIVE' as active
    from unnest($1::text[], $2::text[]) as kind (organization_id, type)
    join destination on destination.organization_id = kind.organization_id
      and kind.type = any(destination.events)
    order by destination.id
    for share of destination`,
    [
      [...kinds.values()].map(({ organizationId }) => organizationId),
      [...kinds.values()].map(({ type }) => type),
    ],
  )
  const matches = Map.groupBy(rows, ({ kind }) => kind)
  return events.flatMap((event) =>
    (matches.get(`${event.organizationId} ${event.type}`) ?? []).map(({ id, active }) => ({
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
    created_at
  )
  select
    id, organization_id, type, data, relations, string_to_array(related_ids, chr(31)), timestamp,
    idempotency_key, fingerprint, pgboss.job_now()
  from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
    $8::text[], $9::bytea[]
  ) as event (
    id, organization_id, type, data, relations, related_ids, timestamp, idempotency_key, fingerprint
  )
  on conflict (organization_id, idempotency_key) do nothing
  returning id
), delivered as (
  insert into delivery (id, event_id, destination_id, status, due_at, created_at, completed_at)
  select
    delivery.id, event_id, destination_id,
    (case when active then 'PENDING' else 'SKIPPED' end)::delivery_status,
    case when active then pgboss.job_now() end,
    pgboss.job_now(),
    case when not active then pgboss.job_now() end
  from unnest($10::text[], $11::text[], $12::text[], $13::bool[])
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
  if (events.length === 0) return 0
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
    deliveries.map(({ id }) => id),
    deliveries.map(({ eventId }) => eventId),
    deliveries.map(({ destinationId }) => destinationId),
    deliveries.map(({ active }) => active),
  ])
  return row?.stored ?? 0
}
