import type { ServerResponse } from 'node:http'
import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import { graphql } from '../../../src/generated/graphql/gql.ts'
import { newId } from '../../../src/storage/ids.ts'
import { countDeliveries } from '../../helpers/backlog.ts'
import {
  deliveryOf,
  deliveryStands,
  GetEvent,
  ListEvents,
  publishTodos,
  RetryDelivery,
  readDelivery,
  SendTest,
  todoNumber,
} from '../../helpers/delivery-operations.ts'
import { readDestination } from '../../helpers/destination-operations.ts'
import {
  EraseEvent,
  EventsRelatedTo,
  eraseEvent,
  GetTombstone,
} from '../../helpers/erasure-operations.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { startMarker } from '../../helpers/marker.ts'
import { activeDestination, PublishEvent, publishTodo } from '../../helpers/operations.ts'
import {
  ANSWER,
  DEAL,
  foundInDatabase,
  PRIVATE,
  privateInput,
  publishPrivate,
  TRANSCRIPT,
} from '../../helpers/private-event.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const readTombstone = async ({ client }: World, id: string) =>
  (await client.request(GetTombstone, { id })).event!

test('the content of an erased event is in no table, and the rest stays as a tombstone', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using good = await startReceiver({ answers: [{ status: 200, body: ANSWER }] })
  await using bad = await startReceiver({ answers: [{ status: 500, body: ANSWER }] })
  await using marker = await startMarker(client)
  const destinations = [
    await activeDestination(client, { url: good.url }),
    await activeDestination(client, { url: bad.url }),
  ]
  const eventId = await publishPrivate(world)
  const [succeeded, waiting] = [deliveryOf(await good.request()), deliveryOf(await bad.request())]
  await deliveryStands(client, succeeded, { status: 'SUCCEEDED' })
  await deliveryStands(client, waiting, { status: 'PENDING', attemptCount: 1 })
  const before = await readTombstone(world, eventId)
  expect(await foundInDatabase(world)).toEqual(PRIVATE)

  const erasedAt = await eraseEvent(client, eventId)

  expect(await foundInDatabase(world)).toEqual([])
  const after = await readTombstone(world, eventId)
  const left = (delivery: (typeof before)['deliveries']['nodes'][number]) => ({
    ...delivery,
    status: delivery.id === waiting ? 'CANCELED' : delivery.status,
    payload: '',
    attempts: delivery.attempts.map((attempt) => ({ ...attempt, responseBody: null })),
  })
  expect(after).toEqual({
    ...before,
    data: {},
    relations: {
      associatedAccountIds: [],
      associatedContactIds: [],
      associatedDealIds: [],
      associatedLeadIds: [],
    },
    erasedAt,
    deliveries: { nodes: before.deliveries.nodes.map(left) },
  })
  expect(before).toMatchObject({ erasedAt: null, idempotencyKey: 'key-1' })
  expect(after.deliveries.nodes.map(({ attempts }) => attempts.length)).toEqual([1, 1])
  expect((await client.request(EventsRelatedTo, { id: DEAL })).events.nodes).toEqual([])
  const { events } = await client.request(ListEvents)
  expect(events.nodes).toContainEqual({ id: eventId, type: 'TODO_CREATED', data: {} })
  for (const { id } of destinations) {
    expect((await readDestination(client, id)).deliveries).toHaveLength(1)
  }

  await clock.tick(2_010)
  await marker.pass()
  expect(bad.requests).toHaveLength(1)
})

test('an event that is erased twice keeps the time of the first erasure', async () => {
  await using world = await createWorld({ worker: false })
  const eventId = await publishPrivate(world)
  const erasedAt = await eraseEvent(world.client, eventId)
  const tombstone = await readTombstone(world, eventId)
  expect(await eraseEvent(world.client, eventId)).toBe(erasedAt)
  expect(await readTombstone(world, eventId)).toEqual(tombstone)
})

test('an id of another organization and a malformed id are not found', async () => {
  await using world = await createWorld({ worker: false })
  const eventId = await publishPrivate(world)
  const other = await world.clientFor('Other')
  for (const id of [eventId, newId('evt'), 'evt', '', 'evt_\u0000']) {
    const { eventErase } = await other.request(EraseEvent, { id })
    expect(eventErase).toMatchObject({ __typename: 'NotFoundError', id })
  }
  expect(await readTombstone(world, eventId)).toMatchObject({
    erasedAt: null,
    data: privateInput().data,
  })
})

test.each([200, 500])(
  'an attempt in flight when its event is erased is recorded without the body of the response %i',
  async (status) => {
    await using world = await createWorld()
    const { client } = world
    const held: ServerResponse[] = []
    await using receiver = await startReceiver({
      answers: [(_request, response) => void held.push(response)],
    })
    const { id: destinationId } = await activeDestination(client, { url: receiver.url })
    const eventId = await publishPrivate(world)
    const id = deliveryOf(await receiver.request())
    await eraseEvent(client, eventId)
    expect(await readDelivery(client, id)).toMatchObject({ status: 'CANCELED', attemptCount: 0 })

    held[0]!.writeHead(status).end(ANSWER)

    const delivery = await deliveryStands(client, id, { attemptCount: 1 })
    expect(delivery).toMatchObject({
      status: status === 200 ? 'SUCCEEDED' : 'CANCELED',
      nextAttemptAt: null,
      attempts: [{ number: 1, responseCode: status, responseBody: null }],
    })
    const { failureCount } = await readDestination(client, destinationId)
    expect(failureCount).toBe(status === 200 ? 0 : 1)
    expect(await foundInDatabase(world)).toEqual([])
  },
)

test('an event that a worker had read but not sent is not sent after its erasure', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(client, { url: receiver.url })
  const ids = await publishTodos(client, 20)
  await receiver.request(16)

  await eraseEvent(client, ids[17]!)
  // Deliveries that were read can be sent for a short time.
  await clock.tick(300)
  receiver.answerWith(200)
  held.release(200)

  await expect.poll(() => countDeliveries(world, id)).toEqual({ SUCCEEDED: 19, CANCELED: 1 })
  const sent = receiver.requests.map(todoNumber).sort((a, b) => a - b)
  expect(sent).toEqual(ids.map((_, index) => index + 1).filter((number) => number !== 18))
})

test('a delivery of an erased event cannot be sent again', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver()
  await using marker = await startMarker(client)
  await activeDestination(client, { url: receiver.url })
  const eventId = await publishPrivate(world)
  const id = deliveryOf(await receiver.request())
  const delivery = await deliveryStands(client, id, { status: 'SUCCEEDED' })
  const erasedAt = await eraseEvent(client, eventId)

  const { deliveryRetry } = await client.request(RetryErased, { id })

  expect(deliveryRetry).toEqual({
    __typename: 'EventErasedError',
    message: expect.stringContaining('erased'),
    erasedAt,
  })
  const { status, attemptCount, completedAt } = await readDelivery(client, id)
  expect({ status, attemptCount }).toEqual({ status: 'SUCCEEDED', attemptCount: 1 })
  expect(completedAt).toBe(delivery.completedAt)
  await marker.pass()
  expect(receiver.requests).toHaveLength(1)
})

const RetryErased = graphql(`
  mutation TestRetryErased($id: ID!) {
    deliveryRetry(id: $id) {
      __typename
      ... on EventErasedError { message erasedAt }
    }
  }
`)

test('concurrent erasures and retries never send an empty event', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver()
  await using marker = await startMarker(client)
  await activeDestination(client, { url: receiver.url })
  for (let turn = 1; turn <= 10; turn += 1) {
    const before = receiver.requests.length
    const eventId = await publishTodo(client, `Turn ${turn}`)
    const id = deliveryOf(await receiver.request(before + 1))
    await deliveryStands(client, id, { status: 'SUCCEEDED' })
    const retry = () => client.request(RetryDelivery, { id })
    await Promise.all([retry(), eraseEvent(client, eventId), retry()])
    expect((await readDelivery(client, id)).status).not.toBe('PENDING')
  }
  await marker.pass()
  const data = receiver.requests.map(({ body }) => JSON.parse(body).data)
  expect(data.filter(({ description }) => description === undefined)).toEqual([])
})

test('publishing with the key of an erased event returns its tombstone', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver()
  await using marker = await startMarker(client)
  await activeDestination(client, { url: receiver.url })
  const eventId = await publishPrivate(world)
  await deliveryStands(client, deliveryOf(await receiver.request()), { status: 'SUCCEEDED' })
  await eraseEvent(client, eventId)
  const { fingerprint } = await world.app.ports.db.prisma.event.findUniqueOrThrow({
    where: { id: eventId },
  })
  expect(fingerprint).toBeNull()
  for (const description of [TRANSCRIPT, 'Another one']) {
    const { eventPublish } = await client.request(PublishEvent, {
      input: privateInput(description),
    })
    expect(eventPublish).toMatchObject({
      __typename: 'EventPublished',
      duplicate: true,
      deliveryCount: 0,
      event: { id: eventId, idempotencyKey: 'key-1' },
    })
  }
  await marker.pass()
  expect(receiver.requests).toHaveLength(1)
  expect(await foundInDatabase(world)).toEqual([])
})

test('an event of a test send can be erased', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver({ answers: [{ status: 200, body: ANSWER }] })
  const { id } = await activeDestination(client, { url: receiver.url })
  const { destinationSendTest } = await client.request(SendTest, { id, event: 'TODO_CREATED' })
  if (destinationSendTest.__typename !== 'Delivery') throw new Error('not sent')
  await deliveryStands(client, destinationSendTest.id, { status: 'SUCCEEDED' })
  await eraseEvent(client, destinationSendTest.event.id)
  const { event } = await client.request(GetEvent, { id: destinationSendTest.event.id })
  expect(event).toMatchObject({ data: {} })
  expect(await foundInDatabase(world)).toEqual([])
})

test('a subscriber that resumes gets the attempts without their responses', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver({ answers: [{ status: 200, body: ANSWER }] })
  await activeDestination(client, { url: receiver.url })
  const bodies = async (count: number, after?: string) => {
    const seen: { id: string; responseBody?: string | null }[] = []
    for await (const { deliveryAttempted } of client.subscribe(AnswersAfter, { after })) {
      if (seen.push(deliveryAttempted) === count) break
    }
    return seen
  }
  await publishTodo(client)
  const first = await receiver.request()
  const { attempts } = await deliveryStands(client, deliveryOf(first), { status: 'SUCCEEDED' })
  const eventId = await publishPrivate(world)
  await deliveryStands(client, deliveryOf(await receiver.request(2)), { status: 'SUCCEEDED' })
  expect(await bodies(1, attempts[0]!.id)).toMatchObject([{ responseBody: ANSWER }])
  await eraseEvent(client, eventId)
  expect(await bodies(1, attempts[0]!.id)).toMatchObject([{ responseBody: null }])
})

const AnswersAfter = graphql(`
  subscription TestAnswersAfter($after: ID) {
    deliveryAttempted(after: $after) { id responseBody }
  }
`)
