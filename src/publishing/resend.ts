import type { Clock } from '../concurrency/clock.ts'
import { URGENT_DUE_AT } from '../delivery/priority.ts'
import type { Queue } from '../delivery/queue.ts'
import type { DestinationStatus } from '../domain/destination.ts'
import {
  DestinationInactiveError,
  DestinationNotReadyError,
  EventErasedError,
  NotFoundError,
} from '../domain/errors.ts'
import { type EventName, findEvent } from '../domain/events/index.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { newEvent } from './event.ts'
import { insertEvents, type NewEvent } from './event-store.ts'
import type { HostLimit } from './host-limit.ts'

type Ports = {
  db: Database
  queue: Queue
  hostLimit: HostLimit
  clock: Clock
  newId: NewId
  metrics: Metrics
  tracing: Tracing
}

/**
 * Sends a delivery that has ended again, with all attempts: same body, same `webhook-id`, attempt numbers that continue.
 * It is sent before the other due deliveries of the destination. A PENDING delivery is not changed.
 * @throws NotFoundError, EventErasedError, DestinationInactiveError, HostLimitError
 */
export async function retryDelivery(
  { db, hostLimit, queue }: Pick<Ports, 'db' | 'hostLimit' | 'queue'>,
  organizationId: string,
  deliveryId: string,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [destination] = await tx.query<{
      id: string
      status: DestinationStatus
      url: string | null
    }>(
      `select id, status, url from destination
      where organization_id = $2 and id = (select destination_id from delivery where id = $1)
      for share`,
      [deliveryId, organizationId],
    )
    if (!destination) throw new NotFoundError(deliveryId)
    await refuseErased(tx, deliveryId)
    if (destination.status !== 'ACTIVE') throw new DestinationInactiveError(destination.status)
    const restarted = await tx.query(
      `update delivery set
        status = 'PENDING', attempt_base = attempt_count, due_at = ${URGENT_DUE_AT}, completed_at = null
      where id = $1 and status <> 'PENDING'
      returning id`,
      [deliveryId],
    )
    if (restarted.length === 0) return
    if (destination.url !== null) hostLimit.take(destination.url, organizationId)
    await queue.wake(tx, [{ destinationId: destination.id, organizationId }], { urgent: true })
  })
}

/**
 * Locks the delivery, then reads its event. An erasure locks the delivery as well: one that came first has committed when
 * the second statement begins, and one that comes later cancels the restarted delivery. One statement for both would read
 * the event as it was before the wait.
 * @throws NotFoundError, EventErasedError
 */
async function refuseErased(tx: Sql, deliveryId: string): Promise<void> {
  const [delivery] = await tx.query<{ eventId: string }>(
    'select event_id as "eventId" from delivery where id = $1 for no key update',
    [deliveryId],
  )
  if (!delivery) throw new NotFoundError(deliveryId)
  const [event] = await tx.query<{ erasedAt: Date | null }>(
    'select erased_at as "erasedAt" from event where id = $1',
    [delivery.eventId],
  )
  if (event?.erasedAt) throw new EventErasedError(event.erasedAt)
}

interface TestTarget {
  organizationId: string
  destinationId: string
}

/**
 * Sends the catalogue's example of an event to one destination, in every status and whether or not it selected the event.
 * It is sent before the other due deliveries, is not retried, and its failure does not count.
 * @returns the id of the delivery
 * @throws NotFoundError, DestinationNotReadyError without a URL, HostLimitError
 */
export async function sendTest(ports: Ports, target: TestTarget, name: EventName): Promise<string> {
  const { data, relations } = findEvent(name).example
  const event = newEvent(ports, target.organizationId, {
    event: name,
    data,
    relations,
    timestamp: null,
    idempotencyKey: null,
  })
  const deliveryId = ports.newId('dlv')
  await ports.tracing.publication([event], (traceParent) =>
    // Without related ids: the search of events by relation does not return test sends.
    storeTest(ports, target, { deliveryId, event: { ...event, relatedIds: [], traceParent } }),
  )
  return deliveryId
}

async function storeTest(
  { db, hostLimit, queue }: Ports,
  { organizationId, destinationId }: TestTarget,
  { deliveryId, event }: { deliveryId: string; event: NewEvent },
): Promise<void> {
  await db.transaction(async (tx) => {
    const [destination] = await tx.query<{ url: string | null }>(
      'select url from destination where id = $1 and organization_id = $2 for share',
      [destinationId, organizationId],
    )
    if (!destination) throw new NotFoundError(destinationId)
    if (destination.url === null) throw new DestinationNotReadyError(['URL'], 'be sent a test')
    hostLimit.take(destination.url, organizationId)
    const delivery = { id: deliveryId, eventId: event.id, destinationId, active: true }
    await insertEvents(tx, { events: [event], deliveries: [delivery], test: true })
    await queue.wake(tx, [{ destinationId, organizationId }], { urgent: true })
  })
}
