import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import {
  deliveryOf,
  deliveryStands,
  destinationStands,
  publishTodos,
  RetryDelivery,
  readDelivery,
} from '../../helpers/delivery-operations.ts'
import {
  activate,
  deactivate,
  inactiveDestination,
  readDestination,
  rotate,
} from '../../helpers/destination-operations.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { startMarker } from '../../helpers/marker.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { expectSigned } from '../../helpers/verify-request.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const iso = (milliseconds: number) => new Date(milliseconds).toISOString()

type Ended = { id: string; destinationId: string; attempts: number }
type Receiver = Awaited<ReturnType<typeof startReceiver>>

async function sent(world: World, receiver: Receiver): Promise<Ended> {
  const { id: destinationId } = await activeDestination(world.client, { url: receiver.url })
  await publishTodo(world.client)
  const id = deliveryOf(await receiver.request())
  await deliveryStands(world.client, id, { attemptCount: 1 })
  return { id, destinationId, attempts: 1 }
}

/** Functions that end a delivery in each final state. */
const ends: Record<string, (world: World, receiver: Receiver, clock: TestClock) => Promise<Ended>> =
  {
    SUCCEEDED: (world, receiver) => sent(world, receiver),
    CANCELED: async (world, receiver) => {
      receiver.answerWith(500)
      const ended = await sent(world, receiver)
      await deactivate(world.client, ended.destinationId)
      await activate(world.client, ended.destinationId)
      return ended
    },
    FAILED: async (world, receiver, clock) => {
      receiver.answerWith(500)
      const ended = await sent(world, receiver)
      for (let number = 2; number <= 6; number++) {
        await clock.tick(2 ** (number - 1) * 1000 + 10)
        await deliveryStands(world.client, ended.id, { attemptCount: number })
      }
      return { ...ended, attempts: 6 }
    },
    SKIPPED: async (world, receiver) => {
      const destinationId = await inactiveDestination(world.client, receiver.url)
      await publishTodo(world.client)
      await activate(world.client, destinationId)
      const [delivery] = (await readDestination(world.client, destinationId)).deliveries
      return { id: delivery!.id, destinationId, attempts: 0 }
    },
  }

test.each(Object.keys(ends))(
  'a %s delivery can be sent again, with the same body and webhook-id and with further attempt numbers',
  async (status) => {
    const clock = new TestClock()
    await using world = await createWorld({ clock })
    const { client } = world
    await using receiver = await startReceiver()
    const { id, destinationId, attempts } = await ends[status]!(world, receiver, clock)
    const before = await readDelivery(client, id)
    expect(before).toMatchObject({ status, attemptCount: attempts })
    const held = heldAnswers()
    receiver.answerWith(held.hold)

    const { deliveryRetry } = await client.request(RetryDelivery, { id })
    expect(deliveryRetry).toEqual({
      __typename: 'Delivery',
      id,
      status: 'PENDING',
      attemptCount: attempts,
      retryCount: Math.max(attempts - 1, 0),
      nextAttemptAt: iso(clock.now()),
      completedAt: null,
    })
    const again = await receiver.request(attempts + 1)
    held.release(200)
    const after = await deliveryStands(client, id, { status: 'SUCCEEDED' })
    expect(after).toMatchObject({ attemptCount: attempts + 1, completedAt: iso(clock.now()) })
    expect(after.attempts.map(({ number }) => number)).toEqual(
      Array.from({ length: attempts + 1 }, (_, index) => index + 1),
    )
    expect(again.body).toBe(before.payload)
    expect(again.headers).toMatchObject({
      'webhook-id': before.event.id,
      'x-webhook-delivery': id,
    })
    for (const { body, headers } of receiver.requests) {
      expect([body, headers['webhook-id']]).toEqual([again.body, again.headers['webhook-id']])
    }
    expect((await readDestination(client, destinationId)).deliveries).toHaveLength(1)
  },
)

test('a delivery that is sent again has six further attempts, with delays from 2 s again', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using receiver = await startReceiver()
  await using marker = await startMarker(client)
  const { id } = await ends.CANCELED!(world, receiver, clock)
  const held = heldAnswers()
  receiver.answerWith(held.hold)
  await client.request(RetryDelivery, { id })
  for (const [index, delay] of [2, 4, 8, 16, 32].entries()) {
    await receiver.request(2 + index)
    held.release(500)
    const waiting = await deliveryStands(client, id, { attemptCount: 2 + index })
    const nextAttemptAt = iso(clock.now() + delay * 1000)
    expect(waiting).toMatchObject({ status: 'PENDING', nextAttemptAt })
    await clock.tick(delay * 1000 + 10)
  }
  await receiver.request(7)
  held.release(500)
  const failed = await deliveryStands(client, id, { attemptCount: 7 })
  expect(failed).toMatchObject({ status: 'FAILED', retryCount: 6, nextAttemptAt: null })
  await clock.tick(5000)
  await marker.pass()
  expect(receiver.requests).toHaveLength(7)
})

test('sending a PENDING delivery again changes nothing', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500] })
  await using marker = await startMarker(client)
  const { id } = await sent(world, receiver)
  const before = await readDelivery(client, id)
  await clock.tick(1000)
  const { deliveryRetry } = await client.request(RetryDelivery, { id })
  expect(deliveryRetry).toMatchObject({ __typename: 'Delivery', status: 'PENDING' })
  await marker.pass()
  expect(await readDelivery(client, id)).toEqual(before)
  expect(receiver.requests).toHaveLength(1)
})

test('a delivery is not sent again if its destination is not ACTIVE', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const { client } = world
  await using receiver = await startReceiver()
  const { id, destinationId } = await sent(world, receiver)
  const before = await readDelivery(client, id)
  await deactivate(client, destinationId)
  const { deliveryRetry: inactive } = await client.request(RetryDelivery, { id })
  expect(inactive).toMatchObject({
    __typename: 'DestinationInactiveError',
    destinationStatus: 'INACTIVE',
  })
  receiver.answerWith(500)
  await activate(client, destinationId)
  await publishTodos(client, 15)
  await destinationStands(client, destinationId, { status: 'DISABLED' })
  const { deliveryRetry: disabled } = await client.request(RetryDelivery, { id })
  expect(disabled).toMatchObject({
    __typename: 'DestinationInactiveError',
    destinationStatus: 'DISABLED',
  })
  expect(await readDelivery(client, id)).toEqual(before)
})

test('a delivery of another organization is not found', async () => {
  await using world = await createWorld()
  await using receiver = await startReceiver()
  const { id } = await sent(world, receiver)
  const stranger = await world.clientFor('Stranger')
  for (const asked of [id, `${id.slice(0, -1)}x`, 'dlv_nonsense', 'nonsense']) {
    const { deliveryRetry } = await stranger.request(RetryDelivery, { id: asked })
    expect(deliveryRetry).toMatchObject({ __typename: 'NotFoundError', id: asked })
  }
  expect(receiver.requests).toHaveLength(1)
})

test('a delivery that is sent again is signed with the current secret', async () => {
  await using world = await createWorld()
  await using receiver = await startReceiver()
  const { id, destinationId } = await sent(world, receiver)
  const secret = await rotate(world.client, destinationId)
  await world.client.request(RetryDelivery, { id })
  expectSigned(await receiver.request(2), secret)
})
