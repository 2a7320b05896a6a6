import { createGroupCommit } from '../concurrency/group-commit.ts'
import type { Queue, QueuedDestination } from '../delivery/queue.ts'
import { IdempotencyConflictError } from '../domain/errors.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { IdempotencyKeyTaken, type Match, type NewEvent, storeEvents } from './event-store.ts'
import {
  findKeyedEvents,
  firstUnderKey,
  isKnownRepeat,
  type KeyedEvent,
  type KeyedEvents,
  rememberKey,
} from './stored-keys.ts'

export interface PublishedEvent {
  eventId: string
  /** Whether an event with this idempotency key existed already. `eventId` is then the id of that event. */
  duplicate: boolean
  /** Deliveries created by this call, including SKIPPED ones; 0 for a duplicate. */
  deliveryCount: number
}

export interface Publisher {
  /**
   * Stores the events of one call, all or none, each with a delivery for every destination that selected it.
   * @throws IdempotencyConflictError
   */
  publish(events: readonly NewEvent[]): Promise<PublishedEvent[]>
  /** Resolves when all calls so far are committed. */
  idle(): Promise<void>
}

type Ports = { db: Database; queue: Queue; newId: NewId; metrics: Metrics; tracing: Tracing }

/** Calls of one commit: enough for all that can arrive during one. */
const GROUP_SIZE = 64

/** How often a transaction is repeated when others take its idempotency keys. Each repeat finds at least one more. */
const MAX_ATTEMPTS = 20

/** A call with more events than this commits alone, so that it does not delay the calls of its group. */
const MAX_GROUPED_EVENTS = 16

type Calls = readonly (readonly NewEvent[])[]

/** Creates a publisher whose concurrent calls share a transaction. */
export function createPublisher(ports: Ports): Publisher {
  const group = createGroupCommit<readonly NewEvent[], PublishedEvent[]>(
    (calls) => publishCalls(ports, calls),
    GROUP_SIZE,
  )
  async function publish(events: readonly NewEvent[]): Promise<PublishedEvent[]> {
    if (events.length <= MAX_GROUPED_EVENTS) return group.add(events)
    const [result] = await publishCalls(ports, [events])
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

async function publishCalls(ports: Ports, calls: Calls): Promise<Settled[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const stored = await ports.db.transaction((tx) => storeCalls(ports, tx, calls))
      ports.metrics.published(stored.events)
      ports.metrics.ended('SKIPPED', stored.skipped)
      return stored.settled
    } catch (error) {
      if (!(error instanceof IdempotencyKeyTaken) || attempt >= MAX_ATTEMPTS) throw error
    }
  }
}

async function storeCalls(
  { queue, newId }: Ports,
  tx: Sql,
  calls: Calls,
): Promise<{ settled: Settled[]; events: number; skipped: number }> {
  const plan = planCalls(calls, await findKeyedEvents(tx, calls.flat()))
  const match = await storeEvents({ newId }, tx, plan.fresh)
  const active = new Map<string, QueuedDestination>()
  let skipped = 0
  for (const event of plan.fresh) {
    const { organizationId } = event
    for (const { id, active: isActive } of match(event)) {
      if (isActive) active.set(id, { destinationId: id, organizationId })
      else skipped += 1
    }
  }
  await queue.wake(tx, [...active.values()])
  return { settled: settle(plan, match), events: plan.fresh.length, skipped }
}

interface Plan {
  /** The events to store. */
  fresh: NewEvent[]
  calls: (
    | { refusal: IdempotencyConflictError }
    | { answers: { event: NewEvent; first: KeyedEvent | null }[] }
  )[]
}

/** Decides for each call, in order, which of its events are new or repeats, and whether it is refused. */
function planCalls(calls: Calls, known: KeyedEvents): Plan {
  const plan: Plan = { fresh: [], calls: [] }
  for (const events of calls) {
    const conflict = events
      .map((event) => ({ event, first: firstUnderKey(known, event) }))
      .find(({ event, first }) => first && !isKnownRepeat(first, event))
    if (conflict?.first) {
      plan.calls.push({ refusal: new IdempotencyConflictError(conflict.first.id) })
      continue
    }
    const answers = events.map((event) => {
      const first = firstUnderKey(known, event)
      if (first) return { event, first }
      rememberKey(known, event)
      plan.fresh.push(event)
      return { event, first }
    })
    plan.calls.push({ answers })
  }
  return plan
}

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
