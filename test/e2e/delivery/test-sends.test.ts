import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import type { GraphqlClient } from '../../../src/cli/graphql-client.ts'
import type { EventType } from '../../../src/generated/graphql/graphql.ts'
import {
  deliveryOf,
  deliveryStands,
  destinationStands,
  GetEvent,
  ListEvents,
  publishTodos,
  SendTest,
} from '../../helpers/delivery-operations.ts'
import {
  deactivate,
  inactiveDestination,
  readDestination,
  reveal,
} from '../../helpers/destination-operations.ts'
import { startMarker } from '../../helpers/marker.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { expectSigned } from '../../helpers/verify-request.ts'
import { createWorld } from '../../helpers/world.ts'

async function sendTest(client: GraphqlClient, id: string, event: EventType = 'EMAIL_SENT') {
  const { destinationSendTest } = await client.request(SendTest, { id, event })
  if (destinationSendTest.__typename !== 'Delivery') throw new Error(destinationSendTest.message)
  return destinationSendTest
}

test('a test send delivers the signed example of any event type to a destination of any status', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const { client } = world
  await using receiver = await startReceiver()
  const id = await inactiveDestination(client, receiver.url)

  const delivery = await sendTest(client, id)
  expect(delivery.test).toBe(true)
  const request = await receiver.request()
  expect(deliveryOf(request)).toBe(delivery.id)
  expect(request.body).toBe(delivery.payload)
  expect(JSON.parse(request.body)).toMatchObject({ event: 'email_sent', webhook_id: id })
  expectSigned(request, await reveal(client, id))
  await deliveryStands(client, delivery.id, { status: 'SUCCEEDED', test: true })
  expect(await readDestination(client, id)).toMatchObject({ status: 'INACTIVE' })
})

test('a test send to a DISABLED destination is delivered', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500] })
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 15)
  await destinationStands(client, id, { status: 'DISABLED', failureCount: 15 })
  receiver.answerWith(200)
  await deliveryStands(client, (await sendTest(client, id)).id, { status: 'SUCCEEDED' })
  const after = { status: 'DISABLED', failureCount: 15 }
  expect(await readDestination(client, id)).toMatchObject(after)
})

test('a failed test send is neither counted nor retried', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500] })
  await using marker = await startMarker(client)
  const { id } = await activeDestination(client, { url: receiver.url })
  const tests = await Promise.all(Array.from({ length: 16 }, () => sendTest(client, id)))
  for (const one of tests) {
    const end = { status: 'FAILED', attemptCount: 1, nextAttemptAt: null } as const
    await deliveryStands(client, one.id, end)
  }
  expect(await readDestination(client, id)).toMatchObject({ status: 'ACTIVE', failureCount: 0 })
  await clock.tick(33_000)
  await marker.pass()
  expect(receiver.requests).toHaveLength(16)
})

test('the event of a test send is not listed, and can be read by its id', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver()
  const { event } = await sendTest(client, await inactiveDestination(client, receiver.url))
  expect((await client.request(ListEvents)).events.nodes).toEqual([])
  const read = await client.request(GetEvent, { id: event.id })
  expect(read.event).toMatchObject({ id: event.id, type: 'EMAIL_SENT' })
})

test('a waiting test send is made after the destination is deactivated', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  await using receiver = await startReceiver()
  const { id } = await activeDestination(client, { url: receiver.url })
  const delivery = await sendTest(client, id)
  await deactivate(client, id)
  await world.addProcess()
  await deliveryStands(client, delivery.id, { status: 'SUCCEEDED' })
})

test('a destination without a URL cannot be sent a test', async () => {
  await using world = await createWorld()
  const { client } = world
  const id = await inactiveDestination(client)
  const { destinationSendTest } = await client.request(SendTest, { id, event: 'TODO_CREATED' })
  expect(destinationSendTest).toMatchObject({
    __typename: 'DestinationNotReadyError',
    missing: ['URL'],
  })
  expect((await readDestination(client, id)).deliveries).toEqual([])
})
