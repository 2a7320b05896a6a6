import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import {
  deliveryOf,
  deliveryStands,
  destinationStands,
  publishTodos,
  readDelivery,
} from '../../helpers/delivery-operations.ts'
import { activate, deactivate, readDestination } from '../../helpers/destination-operations.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { startMarker } from '../../helpers/marker.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { type ReceivedRequest, startReceiver } from '../../helpers/receiver.ts'
import { expectSigned } from '../../helpers/verify-request.ts'
import { createWorld } from '../../helpers/world.ts'

/** Milliseconds that a retry may be late: the worker's timers leave the database's clock some room. */
const MARGIN = 5
const DELAYS = [2, 4, 8, 16, 32]

const iso = (milliseconds: number) => new Date(milliseconds).toISOString()

test('a delivery is FAILED after 6 attempts, with retries due exactly 2, 4, 8, 16 and 32 s after the previous attempt', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  await using marker = await startMarker(client)
  await activeDestination(client, { url: receiver.url })
  await publishTodo(client)
  const id = deliveryOf(await receiver.request())
  const ends: number[] = []

  for (const [index, delay] of DELAYS.entries()) {
    await receiver.request(index + 1)
    held.release(500)
    const waiting = await deliveryStands(client, id, { attemptCount: index + 1 })
    ends.push(clock.now())
    expect(waiting).toMatchObject({
      status: 'PENDING',
      retryCount: index,
      nextAttemptAt: iso(clock.now() + delay * 1000),
      completedAt: null,
    })
    await clock.tick(delay * 1000 - 1)
    await marker.pass()
    expect(receiver.requests).toHaveLength(index + 1)
    await clock.tick(1 + MARGIN)
  }
  await receiver.request(6)
  held.release(500)
  const failed = await deliveryStands(client, id, { attemptCount: 6 })
  const end = {
    status: 'FAILED',
    retryCount: 5,
    nextAttemptAt: null,
    completedAt: iso(clock.now()),
  }
  expect(failed).toMatchObject(end)
  await clock.tick(5000)
  await marker.pass()
  expect(await readDelivery(client, id)).toEqual(failed)
  expect(receiver.requests).toHaveLength(6)

  expect(failed.attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6])
  expect(failed.attempts.map(({ retryCount }) => retryCount)).toEqual([0, 1, 2, 3, 4, 5])
  for (const [index, delay] of DELAYS.entries()) {
    const late = Date.parse(failed.attempts[index + 1]!.attemptedAt) - ends[index]! - delay * 1000
    expect(late).toBeGreaterThanOrEqual(0)
    expect(late).toBeLessThanOrEqual(MARGIN)
  }
})

test('every attempt sends the same bytes with the same webhook-id, signed with its own timestamp', async () => {
  // In the middle of a second, so that the margins do not lead into the next one.
  const clock = new TestClock(Math.floor(Date.now() / 1000) * 1000 + 500)
  await using world = await createWorld({ clock })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500] })
  const { secret } = await activeDestination(client, { url: receiver.url })
  const eventId = await publishTodo(client, 'Zoë & 東京 🚀 \u2028')
  const requests: ReceivedRequest[] = []
  for (let number = 1; number <= 6; number++) {
    const request = await receiver.request(number)
    const at = Math.floor(clock.now() / 1000)
    expect(Number(request.headers['webhook-timestamp'])).toBe(at)
    expectSigned(request, secret)
    requests.push(request)
    await deliveryStands(client, deliveryOf(request), { attemptCount: number })
    await clock.tick(2 ** number * 1000 + MARGIN)
  }
  const { payload } = await readDelivery(client, deliveryOf(requests[0]!))
  expect(requests.map(({ body }) => body)).toEqual(Array(6).fill(payload))
  expect(requests.map(({ headers }) => headers['webhook-id'])).toEqual(Array(6).fill(eventId))
  expect(new Set(requests.map(deliveryOf)).size).toBe(1)
  expect(new Set(requests.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(6)
})

test('a retry that succeeds ends the delivery', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using receiver = await startReceiver({ answers: [503, 200] })
  await using marker = await startMarker(client)
  await activeDestination(client, { url: receiver.url })
  await publishTodo(client)
  const id = deliveryOf(await receiver.request())
  await deliveryStands(client, id, { attemptCount: 1 })
  await clock.tick(2000 + MARGIN)
  await receiver.request(2)
  const succeeded = await deliveryStands(client, id, { attemptCount: 2 })
  const end = {
    status: 'SUCCEEDED',
    retryCount: 1,
    nextAttemptAt: null,
    completedAt: iso(clock.now()),
  }
  expect(succeeded).toMatchObject(end)
  expect(succeeded.attempts).toMatchObject([
    { status: 'FAILED', responseCode: 503, failure: { code: 'HTTP_STATUS' } },
    { status: 'SUCCEEDED', responseCode: 200, failure: null },
  ])
  await clock.tick(5000)
  await marker.pass()
  expect(receiver.requests).toHaveLength(2)
})

test('scheduled retries are CANCELED when a destination is no longer ACTIVE, and not made after a new activation', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500] })
  await using marker = await startMarker(client)
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 3)
  await destinationStands(client, id, { failureCount: 3 })
  await deactivate(client, id)
  const canceled = { status: 'CANCELED', nextAttemptAt: null, completedAt: iso(clock.now()) }
  const { deliveries } = await readDestination(client, id)
  expect(deliveries).toMatchObject([canceled, canceled, canceled])
  await activate(client, id)
  await clock.tick(5000)
  await marker.pass()
  expect(receiver.requests).toHaveLength(3)
})
