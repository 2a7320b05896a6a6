import type { DeliveryStatus } from '../../src/generated/graphql/graphql.ts'
import { newId } from '../../src/storage/ids.ts'
import type { World } from './world.ts'

/** Adds overdue deliveries of as many events to a destination, without a wake-up. */
export async function addBacklog(
  { app, organizationId }: World,
  destinationId: string,
  count: number,
): Promise<void> {
  const { db } = app.ports
  const [event, delivery] = [newId('evt'), newId('dlv')]
  await db.query(
    `insert into event (id, organization_id, type, data, relations, timestamp)
    select $1 || n, $2, 'todo_created', '{}', '{}', now() from generate_series(1, $3::int) as n`,
    [event, organizationId, count],
  )
  await db.query(
    `insert into delivery (id, event_id, destination_id, status, due_at)
    select $1 || n, $2 || n, $3, 'PENDING', now() - interval '1 minute' + n * interval '1 ms'
    from generate_series(1, $4::int) as n`,
    [delivery, event, destinationId, count],
  )
}

/** Counts the deliveries of a destination by status. */
export async function countDeliveries(
  { app }: World,
  destinationId: string,
): Promise<Partial<Record<DeliveryStatus, number>>> {
  const rows = await app.ports.db.query<{ status: DeliveryStatus; count: number }>(
    'select status, count(*)::int from delivery where destination_id = $1 group by status',
    [destinationId],
  )
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
}
