import { createGroupCommit } from '../concurrency/group-commit.ts'
import type { Queue } from '../delivery/queue.ts'
import { IdempotencyConflictError } from '../domain/errors.ts'
import { isRepeat } from '../domain/idempotency.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { IdempotencyKeyTaken, type Match, type NewEvent, storeEvents } from './event-store.ts'

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

type Ports = { db: Database; queue: Queue; newId: NewId; metrics: Metrics; tracing: Tracing }

/** Calls of one commit: enough for all that can arrive during one. */
const GROUP_SIZE = 64

/** Times a group is run when others take its idempotency keys meanwhile: each time at least one more is found. */
const MOST_TRIES = 20

/** A call with more events than this commits alone: it is a group by itself, and would hold up the others. */
const LARGE_CALL = 16

/** Publishes the calls that arrive about the same time in one transaction. */
export function createPublisher(ports: Ports): Publisher {
  const group = createGroupCommit<readonly NewEvent[], PublishedEvent[]>(
    (calls) => publishGroup(ports, calls),
    GROUP_SIZE,
  )
  async function publish(events: readonly NewEvent[]): Promise<PublishedEvent[]> {
    if (events.length <= LARGE_CALL) return group.add(events)
    const [result] = await publishGroup(ports, [events])
    if (result?.status === 'fulfilled') return result.value
    throw result?.reason
  }
  return {
    publish: (events) =>
      ports.tracing.publication(events, (traceParent) =>
        publish(traceParent ? events.map((event) => ({ ...event, traceParent })) : events),
      ),
    idle: () => group.idle(),
  }
}

type Settled = PromiseSettledResult<PublishedEvent[]>

async function publishGroup(
  ports: Ports,
  calls: readonly (readonly NewEvent[])[],
): Promise<Settled[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      const stored = await ports.db.transaction((tx) => storeGroup(ports, tx, calls))
      ports.metrics.published(stored.events)
      ports.metrics.ended('SKIPPED', stored.skipped)
      return stored.settled
    } catch (error) {
      if (!(error instanceof IdempotencyKeyTaken) || tries >= MOST_TRIES) throw error
    }
  }
}

async function storeGroup(
  { queue, newId }: Ports,
  tx: Sql,
  calls: readonly (readonly NewEvent[])[],
): Promise<{ settled: Settled[]; events: number; skipped: number }> {
  const plan = planGroup(calls, await findKeyed(tx, calls.flat()))
  const match = await storeEvents({ newId }, tx, plan.fresh)
  const matching = plan.fresh.flatMap(match)
  const active = matching.filter((one) => one.active)
  await queue.wake(
    tx,
    active.map(({ id }) => id),
  )
  const skipped = matching.length - active.length
  return { settled: settle(plan, match), events: plan.fresh.length, skipped }
}

interface Keyed {
  id: string
  fingerprint: Buffer | null
  /** As it is stored; null when no event of the group can be the same with its members in another order. */
  data: string | null
  /** Its content is gone, and what told it from others too: whatever comes under its key is a repeat of it. */
  erased: boolean
}

const keyOf = (event: { organizationId: string; idempotencyKey: string | null }) =>
  `${event.organizationId} ${event.idempotencyKey}`

async function findKeyed(tx: Sql, events: readonly NewEvent[]): Promise<Map<string, Keyed>> {
  const keyed = events.filter(({ idempotencyKey }) => idempotencyKey !== null)
  if (keyed.length === 0) return new Map()
  const rows = await tx.query<Keyed & { organizationId: string; idempotencyKey: string }>(
    `select id, fingerprint, null as data, erased_at is not null as erased,
      organization_id as "organizationId", idempotency_key as "idempotencyKey"
    from event
    where (organization_id, idempotency_key) in (select * from unnest($1::text[], $2::text[]))`,
    [keyed.map((event) => event.organizationId), keyed.map((event) => event.idempotencyKey)],
  )
  const known = new Map(rows.map((row) => [keyOf(row), row]))
  await readDataToCompare(tx, known, keyed)
  return known
}

/**
 * Reads the stored data of events that a fingerprint does not settle: the data of their repeats may have its members
 * in another order. It has the same length then, so no more is read than was sent. Costs no statement otherwise.
 */
async function readDataToCompare(
  tx: Sql,
  known: ReadonlyMap<string, Keyed>,
  events: readonly NewEvent[],
): Promise<void> {
  const doubtful = events.flatMap((event) => {
    const first = known.get(keyOf(event))
    return first && !isSettled(first, event) ? [{ first, event }] : []
  })
  if (doubtful.length === 0) return
  const rows = await tx.query<{ id: string; data: string }>(
    `select event.id, event.data
    from unnest($1::text[], $2::int[]) as doubtful (id, bytes)
    join event on event.id = doubtful.id and octet_length(event.data) = doubtful.bytes`,
    [
      doubtful.map(({ first }) => first.id),
      doubtful.map(({ event }) => Buffer.byteLength(event.data)),
    ],
  )
  const data = new Map(rows.map((row) => [row.id, row.data]))
  for (const { first } of doubtful) first.data = data.get(first.id) ?? null
}

interface Plan {
  /** The events to store. */
  fresh: NewEvent[]
  calls: (
    | { refusal: IdempotencyConflictError }
    | { answers: { event: NewEvent; first: Keyed | null }[] }
  )[]
}

/** Decides for each call, in order, what is new, what is a repeat and what is refused. */
function planGroup(calls: readonly (readonly NewEvent[])[], known: Map<string, Keyed>): Plan {
  const plan: Plan = { fresh: [], calls: [] }
  for (const events of calls) {
    const conflict = events
      .map((event) => ({ event, first: firstUnderKey(known, event) }))
      .find(({ event, first }) => first && !isSettled(first, event))
    if (conflict?.first) {
      plan.calls.push({ refusal: new IdempotencyConflictError(conflict.first.id) })
      continue
    }
    const answers = events.map((event) => {
      const first = firstUnderKey(known, event)
      if (first) return { event, first }
      if (event.idempotencyKey !== null) known.set(keyOf(event), { ...event, erased: false })
      plan.fresh.push(event)
      return { event, first }
    })
    plan.calls.push({ answers })
  }
  return plan
}

const firstUnderKey = (known: Map<string, Keyed>, event: NewEvent): Keyed | null =>
  event.idempotencyKey === null ? null : (known.get(keyOf(event)) ?? null)

const isSettled = (first: Keyed, event: NewEvent) => first.erased || isRepeat(first, event)

function settle(plan: Plan, match: Match): Settled[] {
  return plan.calls.map((call): Settled => {
    if ('refusal' in call) return { status: 'rejected', reason: call.refusal }
    const value = call.answers.map(({ event, first }) => ({
      eventId: first?.id ?? event.id,
      duplicate: first !== null,
      deliveryCount: first ? 0 : match(event).length,
    }))
    return { status: 'fulfilled', value }
  })
}
