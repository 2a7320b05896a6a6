import { createGroupCommit } from '../concurrency/group-commit.ts'
import { createShares } from '../concurrency/shares.ts'
import type { Queue, QueuedDestination } from '../delivery/queue.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import {
  IdempotencyKeyTaken,
  kindOf,
  matchDestinations,
  type NewEvent,
  storeEvents,
} from './event-store.ts'
import {
  type Calls,
  type PublishedEvent,
  planCalls,
  type Settled,
  settle,
  TOO_LARGE,
} from './plan.ts'
import { findKeyedEvents } from './stored-keys.ts'

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

/** A call with more events or deliveries than this commits alone, so that it does not delay the calls of its group. */
const MAX_GROUPED_EVENTS = 16
const MAX_GROUPED_DELIVERIES = 250

/** Types of events of organizations that are remembered as large. */
const MAX_LARGE_KINDS = 10_000

/** Calls that commit alone at once, in one process: two, of different organizations. */
const MAX_LARGE_CALLS = 2

/** Creates a publisher. Small concurrent calls share a transaction, and large ones take turns by organization. */
export function createPublisher(ports: Ports): Publisher {
  const large = createShares(MAX_LARGE_CALLS, 1)
  const group = createGroupCommit<readonly NewEvent[], PublishedEvent[] | typeof TOO_LARGE>(
    (calls) => publishCalls(ports, calls, { maxDeliveries: MAX_GROUPED_DELIVERIES }),
    GROUP_SIZE,
  )
  /** Types of events of organizations that had too many destinations for a group. */
  const largeKinds = new Set<string>()

  async function publish(events: readonly NewEvent[]): Promise<PublishedEvent[]> {
    if (events.length > MAX_GROUPED_EVENTS) return publishAlone(events)
    const isLarge = events.some((event) => largeKinds.has(kindOf(event)))
    const published = isLarge ? TOO_LARGE : await group.add(events)
    if (published !== TOO_LARGE) return published
    if (largeKinds.size >= MAX_LARGE_KINDS) largeKinds.clear()
    for (const event of events) largeKinds.add(kindOf(event))
    return publishAlone(events)
  }
  async function publishAlone(events: readonly NewEvent[]): Promise<PublishedEvent[]> {
    const organizationId = events[0]?.organizationId ?? ''
    await large.acquire(organizationId, 1)
    try {
      const [result] = await publishCalls(ports, [events], {
        maxDeliveries: Number.POSITIVE_INFINITY,
      })
      if (result?.status === 'rejected') throw result.reason
      const published = result?.value as PublishedEvent[]
      for (const [index, { deliveryCount }] of published.entries()) {
        if (deliveryCount < MAX_GROUPED_DELIVERIES / MAX_GROUPED_EVENTS)
          largeKinds.delete(kindOf(events[index]!))
      }
      return published
    } finally {
      large.release(organizationId, 1)
    }
  }
  return {
    publish: (events) =>
      ports.tracing.publication(events, (traceParent) =>
        publish(traceParent ? events.map((event) => ({ ...event, traceParent })) : events),
      ),
    idle: () => group.idle(),
  }
}

/** @param options.maxDeliveries above this number of deliveries, a call is not published and its result is `TOO_LARGE` */
async function publishCalls(
  ports: Ports,
  calls: Calls,
  options: { maxDeliveries: number },
): Promise<Settled[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const stored = await ports.db.transaction((tx) =>
        storeCalls(ports, tx, { calls, ...options }),
      )
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
  { calls, maxDeliveries }: { calls: Calls; maxDeliveries: number },
): Promise<{ settled: Settled[]; events: number; skipped: number }> {
  const events = calls.flat()
  const known = await findKeyedEvents(tx, events)
  const match = await matchDestinations(tx, events)
  const plan = planCalls({ calls, known, match, maxDeliveries })
  await storeEvents({ newId, match }, tx, plan.fresh)
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
