import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import {
  deliveryOf,
  deliveryStands,
  destinationStands,
  GetEvent,
  ListEvents,
  publish,
  publishTodos,
  RetryDelivery,
  readDelivery,
} from '../../helpers/delivery-operations.ts'
import {
  activate,
  deactivate,
  inactiveDestination,
  readDestination,
  SelectEvents,
  UpdateDestination,
} from '../../helpers/destination-operations.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { startMarker } from '../../helpers/marker.ts'
import { activeDestination, publishTodo, todo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

test('deactivating cancels waiting deliveries at once; attempts in flight end and are recorded', async () => {
  // The clock is stopped, so that deliveries do not become due during the test.
  await using world = await createWorld({ clock: new TestClock() })
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  await using marker = await startMarker(client)
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 40)
  await receiver.request(16)

  expect(await deactivate(client, id)).toMatchObject({ status: 'INACTIVE' })
  const canceled = await readDestination(client, id)
  expect(canceled.deliveries.map(({ status }) => status)).toEqual(Array(40).fill('CANCELED'))
  held.release(200, 10)
  held.release(500, 6)
  const after = await destinationStands(client, id, { failureCount: 6 })
  expect(after).toMatchObject({ status: 'INACTIVE', disabledAt: null })
  await marker.pass()
  const { deliveries } = await readDestination(client, id)
  const ends = deliveries.map(({ status, attemptCount }) => `${status} after ${attemptCount}`)
  const count = (end: string) => ends.filter((one) => one === end).length
  expect(count('SUCCEEDED after 1')).toBe(10)
  expect(count('CANCELED after 1')).toBe(6)
  expect(count('CANCELED after 0')).toBe(24)
  expect(deliveries.every(({ nextAttemptAt, completedAt }) => !nextAttemptAt && completedAt)).toBe(
    true,
  )
  expect(receiver.requests).toHaveLength(16)
})

test('a delivery that was canceled in flight is not retried when it fails after a new activation', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  await using marker = await startMarker(client)
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodo(client)
  const delivery = deliveryOf(await receiver.request())
  await deactivate(client, id)
  await activate(client, id)
  held.release(500)
  const end = { status: 'CANCELED', attemptCount: 1, nextAttemptAt: null } as const
  await deliveryStands(client, delivery, end)
  // It began before the activation, so it does not count.
  expect(await readDestination(client, id)).toMatchObject({ status: 'ACTIVE', failureCount: 0 })
  await clock.tick(5000)
  await marker.pass()
  expect(await readDelivery(client, delivery)).toMatchObject(end)
  expect(receiver.requests).toHaveLength(1)
})

test('an event published while a destination is INACTIVE is SKIPPED, and sent only by a retry', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const { client } = world
  await using receiver = await startReceiver()
  await using marker = await startMarker(client)
  const id = await inactiveDestination(client, receiver.url)
  const published = await publish(client, 'TODO_CREATED', todo('Early'))
  expect(published.deliveryCount).toBe(1)
  const [skipped] = (await readDestination(client, id)).deliveries
  expect(skipped).toMatchObject({
    status: 'SKIPPED',
    attemptCount: 0,
    retryCount: 0,
    nextAttemptAt: null,
    completedAt: expect.any(String),
    event: { id: published.event.id },
  })
  const refused = await client.request(RetryDelivery, { id: skipped!.id })
  expect(refused.deliveryRetry).toMatchObject({
    __typename: 'DestinationInactiveError',
    destinationStatus: 'INACTIVE',
  })
  await activate(client, id)
  await marker.pass()
  expect(receiver.requests).toHaveLength(0)

  await client.request(RetryDelivery, { id: skipped!.id })
  const { headers, body } = await receiver.request()
  expect(headers['webhook-id']).toBe(published.event.id)
  expect(body).toBe(skipped!.payload)
  const sent = await deliveryStands(client, skipped!.id, { status: 'SUCCEEDED' })
  expect(sent.attempts).toMatchObject([{ number: 1, status: 'SUCCEEDED' }])
})

test('an event without subscribed destinations is stored without a delivery', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver()
  const { id } = await activeDestination(client, { url: receiver.url, events: ['SUMMARY_CREATED'] })
  const published = await publish(client, 'TODO_CREATED', todo('For nobody'))
  expect(published).toMatchObject({ deliveryCount: 0, duplicate: false })
  const { event } = await client.request(GetEvent, { id: published.event.id })
  expect(event).toMatchObject({ type: 'TODO_CREATED', data: todo('For nobody') })
  expect(event?.deliveries.nodes).toEqual([])
  const { events } = await client.request(ListEvents)
  expect(events.nodes.map((one) => one.id)).toEqual([published.event.id])
  expect((await readDestination(client, id)).deliveries).toEqual([])
})

test('a destination gets the events that were published after it subscribed', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const { client } = world
  await using receiver = await startReceiver()
  const { id } = await activeDestination(client, { url: receiver.url, events: ['TODO_UPDATED'] })
  await publishTodo(client, 'older')
  await client.request(SelectEvents, { id, events: ['TODO_UPDATED', 'TODO_CREATED'] })
  await publishTodo(client, 'newer')
  await receiver.request()
  await client.request(SelectEvents, { id, events: ['TODO_UPDATED'] })
  await publishTodo(client, 'newest')
  await client.request(SelectEvents, { id, events: ['TODO_CREATED'] })
  await publishTodo(client, 'last')
  await receiver.request(2)
  const told = receiver.requests.map(({ body }) => JSON.parse(body).data.description)
  expect(told).toEqual(['newer', 'last'])
  expect((await readDestination(client, id)).deliveries).toHaveLength(2)
})

test('a scheduled retry is made after the destination unsubscribed from the event type', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500, 200] })
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodo(client)
  const delivery = deliveryOf(await receiver.request())
  await deliveryStands(client, delivery, { attemptCount: 1 })
  await client.request(SelectEvents, { id, events: ['TODO_UPDATED'] })
  await clock.tick(2010)
  await receiver.request(2)
  await deliveryStands(client, delivery, { status: 'SUCCEEDED' })
})

test('the next attempt goes to a new URL', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using old = await startReceiver({ answers: [500] })
  await using fresh = await startReceiver()
  const { id } = await activeDestination(client, { url: old.url })
  await publishTodo(client)
  const delivery = deliveryOf(await old.request())
  await deliveryStands(client, delivery, { attemptCount: 1 })
  await client.request(UpdateDestination, { id, input: { url: fresh.url } })
  await clock.tick(2010)
  expect(deliveryOf(await fresh.request())).toBe(delivery)
  await deliveryStands(client, delivery, { status: 'SUCCEEDED', attemptCount: 2 })
  expect(await readDelivery(client, delivery)).toMatchObject({ retryCount: 1 })
  expect(old.requests).toHaveLength(1)
})
