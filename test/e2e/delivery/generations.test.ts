import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import type { GraphqlClient } from '../../../src/cli/graphql-client.ts'
import { createBacklogReader } from '../../../src/delivery/backlog.ts'
import { deliveriesOf } from '../../helpers/deliveries.ts'
import {
  deliveryOf,
  deliveryStands,
  destinationStands,
  publishTodos,
  RetryDelivery,
  readDelivery,
  SendTest,
  todoNumber,
} from '../../helpers/delivery-operations.ts'
import {
  activate,
  deactivate,
  readDestination,
  UpdateDestination,
} from '../../helpers/destination-operations.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

/** Ordinary requests to one destination at a time. */
const FULL = 16

/** Longer than a test: what hangs ends when the test says so. */
const HANGING = { timeoutMs: 60_000 }

const setUrl = (client: GraphqlClient, id: string, url: string) =>
  client.request(UpdateDestination, { id, input: { url } })

async function sendTest(client: GraphqlClient, id: string): Promise<string> {
  const { destinationSendTest } = await client.request(SendTest, { id, event: 'EMAIL_SENT' })
  if (destinationSendTest.__typename !== 'Delivery') throw new Error(destinationSendTest.message)
  return destinationSendTest.id
}

const attemptsOf = async (client: GraphqlClient, id: string) =>
  (await deliveriesOf(client, id)).flatMap(({ attempts }) => attempts)

test('requests that hang at an old URL take no slots of a new activation, and their failures do not count for it', async () => {
  await using world = await createWorld(HANGING)
  const { client } = world
  const held = heldAnswers()
  await using hanging = await startReceiver({ answers: [held.hold] })
  await using working = await startReceiver()
  const { id } = await activeDestination(client, { url: hanging.url })
  await publishTodos(client, FULL + 4)
  await hanging.request(FULL)

  await setUrl(client, id, working.url)
  await deactivate(client, id)
  await activate(client, id)
  await publishTodos(client, FULL)
  await working.request(FULL)
  held.release(500)

  await expect
    .poll(async () => (await attemptsOf(client, id)).length)
    .toBeGreaterThanOrEqual(2 * FULL)
  const failed = (await attemptsOf(client, id)).filter(({ status }) => status === 'FAILED')
  expect(failed).toHaveLength(FULL)
  expect(await readDestination(client, id)).toMatchObject({ status: 'ACTIVE', failureCount: 0 })
})

test('waiting deliveries are sent to a new URL at once, although requests to the old one hang', async () => {
  await using world = await createWorld(HANGING)
  const { client } = world
  const held = heldAnswers()
  await using hanging = await startReceiver({ answers: [held.hold] })
  await using working = await startReceiver()
  const { id } = await activeDestination(client, { url: hanging.url })
  await publishTodos(client, FULL + 20)
  await hanging.request(FULL)

  await setUrl(client, id, working.url)
  await working.request(20)
  expect(working.requests.map(todoNumber).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, index) => FULL + 1 + index),
  )
  expect(hanging.requests).toHaveLength(FULL)
  held.release(200)
  await destinationStands(client, id, {
    deliveries: Array(FULL + 20).fill(expect.objectContaining({ status: 'SUCCEEDED' })),
  })
})

test('the number of hanging requests is bounded, however often the URL changes', async () => {
  await using world = await createWorld({ ...HANGING, clock: new TestClock() })
  const { client } = world
  const held = heldAnswers()
  await using hanging = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(client, { url: hanging.url })
  await publishTodos(client, 100)
  for (let change = 1; change <= 3; change += 1) {
    await hanging.request(change * FULL)
    await setUrl(client, id, `${hanging.url}?${change}`)
  }
  await hanging.request(4 * FULL)
  await setUrl(client, id, `${hanging.url}?4`)
  held.release(200, 1)
  await hanging.request(4 * FULL + 1)
  expect(hanging.requests).toHaveLength(4 * FULL + 1)
  held.release(200)
  hanging.answerWith(200)
  await hanging.request(100)
})

test('a failure that ends after the destination was disabled and activated again does not count', async () => {
  await using world = await createWorld(HANGING)
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, FULL)
  await receiver.request(FULL)
  held.release(500, FULL - 1)
  await destinationStands(client, id, { status: 'DISABLED', failureCount: FULL - 1 })
  expect(await activate(client, id)).toMatchObject({ status: 'ACTIVE', failureCount: 0 })
  held.release(500)
  await expect.poll(() => attemptsOf(client, id)).toHaveLength(FULL)
  expect(await readDestination(client, id)).toMatchObject({ status: 'ACTIVE', failureCount: 0 })
  receiver.answerWith(500)
  await publishTodo(client)
  await destinationStands(client, id, { failureCount: 1 })
})

test('a test send starts while all slots are taken, and a second one with the next free slot', async () => {
  await using world = await createWorld({ ...HANGING, clock: new TestClock() })
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 60)
  await receiver.request(FULL)

  const first = await sendTest(client, id)
  expect(deliveryOf(await receiver.request(FULL + 1))).toBe(first)
  const second = await sendTest(client, id)
  expect(await readDelivery(client, second)).toMatchObject({ status: 'PENDING', attemptCount: 0 })
  held.release(200, 1)
  expect(deliveryOf(await receiver.request(FULL + 2))).toBe(second)
  held.release(200)
  receiver.answerWith(200)
  await receiver.request(62)
  const ordinary = receiver.requests.filter((one) => ![first, second].includes(deliveryOf(one)))
  expect(
    ordinary
      .map(todoNumber)
      .slice(0, FULL)
      .toSorted((a, b) => a - b),
  ).toEqual(Array.from({ length: FULL }, (_, index) => index + 1))
})

test('a retry by hand is sent before waiting deliveries, and its own retries are not', async () => {
  await using world = await createWorld(HANGING)
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [200] })
  await activeDestination(client, { url: receiver.url })
  await publishTodo(client)
  const delivery = deliveryOf(await receiver.request())
  await deliveryStands(client, delivery, { status: 'SUCCEEDED' })
  receiver.answerWith(held.hold)
  await publishTodos(client, 60)
  await receiver.request(1 + FULL)

  await client.request(RetryDelivery, { id: delivery })
  expect(deliveryOf(await receiver.request(FULL + 2))).toBe(delivery)
  held.release(200, FULL)
  held.release(500)
  const failed = await deliveryStands(client, delivery, { attemptCount: 2 })
  expect(Date.parse(failed.nextAttemptAt!)).toBeGreaterThan(
    Date.parse(failed.attempts[1]!.attemptedAt),
  )
  const [row] = await world.app.ports.db.query<{ ahead: boolean }>(
    `select due_at > created_at as ahead from delivery where id = $1`,
    [delivery],
  )
  expect(row).toEqual({ ahead: true })
})

test('urgent deliveries count as waiting in the API and the metrics', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const { id } = await activeDestination(client, { url: 'http://127.0.0.1:4001/never-sent' })
  const before = Date.now()
  const delivery = await sendTest(client, id)
  const { nextAttemptAt } = await readDelivery(client, delivery)
  expect(Math.abs(Date.parse(nextAttemptAt!) - before)).toBeLessThan(60_000)
  const { db } = world.app.ports
  const read = createBacklogReader({ db, clock: world.app.ports.clock })
  const { deliveries, oldestAgeSeconds } = await read()
  expect(deliveries).toBe(1)
  expect(oldestAgeSeconds).toBeGreaterThanOrEqual(0)
  expect(oldestAgeSeconds).toBeLessThan(60)
})
