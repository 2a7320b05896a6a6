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

type Ports = {
  db: Database
  queue: Queue
  clock: Clock
  newId: NewId
  metrics: Metrics
  tracing: Tracing
}

/**
 * Sends a delivery that has ended once more, with a full set of attempts: same body, same `webhook-id`,
 * attempt numbers that go on counting. It goes ahead of what waits for the destination. One that still waits is left as it is.
 * @throws NotFoundError, EventErasedError, DestinationInactiveError
 */
export async function retryDelivery(
  { db, queue }: Pick<Ports, 'db' | 'queue'>,
  organizationId: string,
  deliveryId: string,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [destination] = await tx.query<{ id: string; status: DestinationStatus }>(
      `select id, status from destination
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
    if (restarted.length > 0) await queue.wake(tx, [destination.id], { urgent: true })
  })
}

/**
 * An erasure that has come to the delivery holds it and is waited for; one that comes later waits for us, and
 * cancels what we have restarted. The event is read by a statement of its own, which begins after that wait:
 * one statement for both would tell the event as it stood before.
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

/**
 * Sends the catalogue's example of an event to one destination, whatever its status and selection.
 * It goes ahead of what waits for the destination, is tried once, and a failure is not counted.
 * @returns the delivery's id
 * @throws NotFoundError, DestinationNotReadyError without a URL
 */
export async function sendTest(
  ports: Ports,
  target: { organizationId: string; destinationId: string },
  name: EventName,
): Promise<string> {
  const { organizationId, destinationId } = target
  const { data, relations } = findEvent(name).example
  const event = newEvent(ports, organizationId, {
    event: name,
    data,
    relations,
    timestamp: null,
    idempotencyKey: null,
  })
  const deliveryId = ports.newId('dlv')
  const store = (traceParent: string | null) =>
    ports.db.transaction(async (tx) => {
      const [destination] = await tx.query<{ url: string | null }>(
        'select url from destination where id = $1 and organization_id = $2 for share',
        [destinationId, organizationId],
      )
      if (!destination) throw new NotFoundError(destinationId)
      if (destination.url === null) throw new DestinationNotReadyError(['URL'], 'be sent a test')
      await tx.query(
        `with event as (
        insert into event (id, organization_id, type, data, relations, timestamp, test, trace_parent, created_at)
        values ($1, $2, $3, $4, $5, $6, true, $9, job_now())
        returning id
      )
      insert into delivery (id, event_id, destination_id, status, test, due_at, created_at)
      select $7, id, $8, 'PENDING', true, ${URGENT_DUE_AT}, job_now() from event`,
        [
          event.id,
          organizationId,
          name,
          event.data,
          event.relations,
          event.timestamp,
          deliveryId,
          destinationId,
          traceParent,
        ],
      )
      await ports.queue.wake(tx, [destinationId], { urgent: true })
    })
  await ports.tracing.publication([event], store)
  return deliveryId
}
