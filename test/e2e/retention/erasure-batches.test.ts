import { expect, test } from 'vitest'
import { SERVICE } from '../../../src/audit/append.ts'
import { eraseEvent as eraseEventService } from '../../../src/retention/erasure.ts'
import { newId } from '../../../src/storage/ids.ts'
import { addBacklog, countDeliveries } from '../../helpers/backlog.ts'
import { eraseEvent } from '../../helpers/erasure-operations.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { ANSWER, foundInDatabase, publishPrivate } from '../../helpers/private-event.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld, type World } from '../../helpers/world.ts'

/** Deliveries of one event, which are erased in several batches. */
const MANY = 6_500

/** Adds many deliveries to an event, half of them waiting and half completed, without a wake-up. */
async function addDeliveries({ app }: World, eventId: string, destinationId: string) {
  const { db } = app.ports
  const delivery = newId('dlv')
  await db.query(
    `insert into delivery (id, event_id, destination_id, status, due_at, attempt_count)
    select $1 || n, $2, $3,
      (case when n % 2 = 0 then 'PENDING' else 'SUCCEEDED' end)::delivery_status,
      case when n % 2 = 0 then now() - interval '1 minute' end, 1
    from generate_series(1, $4::int) as n`,
    [delivery, eventId, destinationId, MANY],
  )
  await db.query(
    `insert into delivery_attempt (
      id, delivery_id, destination_id, organization_id, event_type, number, status, attempted_at,
      duration_ms, response_code, response_body
    )
    select 'att_' || id, id, destination_id, 'org_1', 'todo_created', 1, 'SUCCEEDED', now(), 1, 200, $2
    from delivery where event_id = $1`,
    [eventId, ANSWER],
  )
}

test('the erasure of an event with thousands of deliveries is complete when the call returns', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, { url: 'http://127.0.0.1:4001/never-sent' })
  const eventId = await publishPrivate(world)
  await addDeliveries(world, eventId, id)
  await addBacklog(world, id, 3)
  await eraseEvent(world.client, eventId)
  const counts = { CANCELED: MANY / 2 + 1, SUCCEEDED: MANY / 2, PENDING: 3 }
  expect(await countDeliveries(world, id)).toEqual(counts)
  expect(await foundInDatabase(world)).toEqual([])
})

test('an erasure that is interrupted after its first batch sends nothing, and a worker completes it', async () => {
  await using world = await createWorld({ worker: false })
  const { client, app, organizationId } = world
  await using receiver = await startReceiver()
  const { id } = await activeDestination(client, { url: receiver.url })
  const eventId = await publishPrivate(world)
  await addDeliveries(world, eventId, id)
  const { db } = app.ports
  let commits = 0
  const dying: typeof db = {
    ...db,
    transaction: (work) => {
      commits += 1
      return commits > 1 ? Promise.reject(new Error('died')) : db.transaction(work)
    },
  }
  await expect(
    eraseEventService({ db: dying, newId }, { organizationId, eventId, actor: SERVICE }),
  ).rejects.toThrow('died')
  expect(await foundInDatabase(world)).toEqual([ANSWER])
  expect((await countDeliveries(world, id)).PENDING).toBeGreaterThan(0)

  await world.addProcess()

  await expect.poll(() => foundInDatabase(world), { timeout: 5_000 }).toEqual([])
  const counts = { CANCELED: MANY / 2 + 1, SUCCEEDED: MANY / 2 }
  await expect.poll(() => countDeliveries(world, id)).toEqual(counts)
  expect(receiver.requests).toEqual([])
})
