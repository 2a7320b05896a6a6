import { expect, test } from 'vitest'
import { addBacklog, countDeliveries } from '../../helpers/backlog.ts'
import { deliveryOf, deliveryStands, destinationStands } from '../../helpers/delivery-operations.ts'
import {
  activate,
  DeleteDestination,
  deactivate,
  readDestination,
} from '../../helpers/destination-operations.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { startMarker } from '../../helpers/marker.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld, type World } from '../../helpers/world.ts'

/** More than two parts of a cancellation or a deletion, and less than three. */
const BACKLOG = 12_000

/** The maximum number of requests in flight to one destination. */
const IN_FLIGHT = 16

const URL = 'http://127.0.0.1:4001/never-sent'

/** One failure before the limit, with a backlog that starts to be sent by a worker which is added. */
async function almostDisabled(world: World, url: string): Promise<string> {
  const { id } = await activeDestination(world.client, { url })
  await world.app.ports.db.query('update destination set failure_count = 14 where id = $1', [id])
  await addBacklog(world, id, BACKLOG)
  return id
}

test('deactivating a destination cancels all waiting deliveries before it returns', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, { url: URL })
  const other = await activeDestination(world.client, { url: URL })
  await addBacklog(world, id, BACKLOG)
  await addBacklog(world, other.id, 3)

  expect(await deactivate(world.client, id)).toMatchObject({ status: 'INACTIVE' })

  expect(await countDeliveries(world, id)).toEqual({ CANCELED: BACKLOG })
  expect(await countDeliveries(world, other.id)).toEqual({ PENDING: 3 })
})

test('deactivating a destination stops sending its backlog, and attempts in flight end', async () => {
  await using world = await createWorld({ worker: false })
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(world.client, { url: receiver.url })
  await addBacklog(world, id, BACKLOG)
  await world.addProcess()
  await receiver.request(IN_FLIGHT)

  await deactivate(world.client, id)
  expect(await countDeliveries(world, id)).toEqual({ CANCELED: BACKLOG })
  held.release(200)

  const ended = { CANCELED: BACKLOG - IN_FLIGHT, SUCCEEDED: IN_FLIGHT }
  await expect.poll(() => countDeliveries(world, id)).toEqual(ended)
  expect(receiver.requests).toHaveLength(IN_FLIGHT)
})

test('the failure that disables a destination cancels its backlog without delaying other destinations', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  await using marker = await startMarker(client)
  const id = await almostDisabled(world, receiver.url)
  await world.addProcess()
  await receiver.request(IN_FLIGHT)
  held.release(500)
  await destinationStands(client, id, { status: 'DISABLED' })
  await marker.pass()

  await expect
    .poll(() => countDeliveries(world, id), { timeout: 4_000 })
    .toEqual({ CANCELED: BACKLOG })
  expect(receiver.requests).toHaveLength(IN_FLIGHT)
})

test('activating a destination directly after it was disabled does not resume its backlog', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const id = await almostDisabled(world, receiver.url)
  await world.addProcess()
  await receiver.request(IN_FLIGHT)
  held.release(500, 1)
  await destinationStands(client, id, { status: 'DISABLED' })
  receiver.answerWith(200)

  expect(await activate(client, id)).toMatchObject({ status: 'ACTIVE', failureCount: 0 })
  expect(await countDeliveries(world, id)).toEqual({ CANCELED: BACKLOG })
  const eventId = await publishTodo(client)
  const request = await receiver.request(IN_FLIGHT + 1)
  await deliveryStands(client, deliveryOf(request), { status: 'SUCCEEDED' })

  expect(request.headers['webhook-id']).toBe(eventId)
  expect(receiver.requests).toHaveLength(IN_FLIGHT + 1)
  expect(await readDestination(client, id)).toMatchObject({ status: 'ACTIVE', failureCount: 0 })
})

test('activating a destination first cancels a backlog that is left', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, { url: URL })
  await addBacklog(world, id, BACKLOG)
  await world.app.ports.db.query(`update destination set status = 'DISABLED' where id = $1`, [id])
  expect(await activate(world.client, id)).toMatchObject({ status: 'ACTIVE' })
  expect(await countDeliveries(world, id)).toEqual({ CANCELED: BACKLOG })
})

test('deleting a destination with a long history deletes all its rows', async () => {
  await using world = await createWorld({ worker: false })
  const { client, app } = world
  const { id } = await activeDestination(client, { url: URL })
  const other = await activeDestination(client, { url: URL })
  await addBacklog(world, id, BACKLOG)
  await addBacklog(world, other.id, 3)
  const { db } = app.ports
  await db.query(
    `insert into delivery_attempt (id, delivery_id, destination_id, organization_id, event_type, number, status, attempted_at, duration_ms)
    select 'att_' || id, id, destination_id, $1, 'todo_created', 1, 'FAILED', now(), 1 from delivery`,
    [world.organizationId],
  )
  await db.query(
    `with tests as (
      update delivery set test = true where destination_id = $1 and right(id, 1) = '7' returning event_id
    )
    update event set test = true from tests where id = event_id`,
    [id],
  )

  const { destinationDelete } = await client.request(DeleteDestination, { id })

  expect(destinationDelete).toEqual({ __typename: 'DestinationDeleted', id })
  const [left] = await db.query(
    `select
      (select count(*)::int from destination) as destinations,
      (select count(*)::int from signing_secret) as secrets,
      (select count(*)::int from delivery) as deliveries,
      (select count(*)::int from delivery_attempt) as attempts,
      (select count(*)::int from event where test) as tests,
      (select count(*)::int from event) as events`,
  )
  expect(left).toEqual({
    destinations: 1,
    secrets: 1,
    deliveries: 3,
    attempts: 3,
    tests: 0,
    events: BACKLOG - BACKLOG / 10 + 3,
  })
})
