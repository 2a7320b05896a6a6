import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import type { GraphqlClient } from '../../../src/cli/graphql-client.ts'
import {
  deliveryOf,
  deliveryStands,
  destinationStands,
  publishTodos,
  readDelivery,
} from '../../helpers/delivery-operations.ts'
import {
  activate,
  deactivate,
  readDestination,
  UpdateDestination,
} from '../../helpers/destination-operations.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { startMarker } from '../../helpers/marker.ts'
import { activeDestination, DestinationChanged, publishTodo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

const iso = (milliseconds: number) => new Date(milliseconds).toISOString()

test('a destination is disabled by its 15th failure and not by its 14th', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500] })
  await using marker = await startMarker(client)
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 14)
  const before = await destinationStands(client, id, { failureCount: 14 })
  expect(before).toMatchObject({ status: 'ACTIVE', disabledAt: null, failureLimit: 15 })
  expect(before.deliveries.map(({ status }) => status)).toEqual(Array(14).fill('PENDING'))

  await publishTodo(client)
  const after = await destinationStands(client, id, { failureCount: 15 })
  expect(after).toMatchObject({ status: 'DISABLED', disabledAt: iso(clock.now()) })
  expect(after.deliveries.map(({ status }) => status)).toEqual(Array(15).fill('CANCELED'))
  await clock.tick(33_000)
  await marker.pass()
  expect(receiver.requests).toHaveLength(15)
})

test('failures of retries count like those of first attempts', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500] })
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 5)
  await destinationStands(client, id, { failureCount: 5 })
  await clock.tick(2100)
  await destinationStands(client, id, { failureCount: 10 })
  await clock.tick(4100)
  await destinationStands(client, id, { failureCount: 15, status: 'DISABLED' })
  const { deliveries } = await readDestination(client, id)
  expect(deliveries.map(({ attemptCount }) => attemptCount)).toEqual([3, 3, 3, 3, 3])
})

test('a success does not reset the count, and an activation does', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500, 500, 200] })
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 2)
  await destinationStands(client, id, { failureCount: 2 })
  await publishTodo(client)
  await deliveryStands(client, deliveryOf(await receiver.request(3)), { status: 'SUCCEEDED' })
  expect(await readDestination(client, id)).toMatchObject({ failureCount: 2 })
  expect(await activate(client, id)).toMatchObject({ failureCount: 2 })
  await deactivate(client, id)
  expect(await readDestination(client, id)).toMatchObject({ failureCount: 2 })
  expect(await activate(client, id)).toMatchObject({ status: 'ACTIVE', failureCount: 0 })
})

test('activating a DISABLED destination resets its failures, and further events are delivered', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500] })
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 15)
  await destinationStands(client, id, { status: 'DISABLED' })
  const meanwhile = await publishTodo(client, 'meanwhile')
  const activated = { status: 'ACTIVE', failureCount: 0, disabledAt: null }
  expect(await activate(client, id)).toMatchObject(activated)
  receiver.answerWith(200)
  const then = await publishTodo(client, 'then')
  const request = await receiver.request(16)
  expect(request.headers['webhook-id']).toBe(then)
  await deliveryStands(client, deliveryOf(request), { status: 'SUCCEEDED' })
  const [last, skipped] = (await readDestination(client, id)).deliveries
  expect(last).toMatchObject({ status: 'SUCCEEDED', event: { id: then } })
  expect(skipped).toMatchObject({ status: 'SKIPPED', attemptCount: 0, event: { id: meanwhile } })
})

test('concurrent failures above the limit are all counted, disable once, and cancel the waiting deliveries', async () => {
  await using world = await createWorld()
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [500] })
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 10)
  await destinationStands(client, id, { failureCount: 10 })
  receiver.answerWith(held.hold)
  await publishTodos(client, 20)
  await receiver.request(26) // 16 of the 20 are in flight at the same time.
  const told = await watchDestination(client, id)

  held.release(500)
  const disabled = await destinationStands(client, id, { status: 'DISABLED' })
  expect(disabled.deliveries.map(({ status }) => status)).toEqual(Array(30).fill('CANCELED'))
  // The first of the results can make room for one or two more before the others disable.
  held.release(500)
  const late = receiver.requests.length - 26
  const counted = await destinationStands(client, id, { failureCount: 26 + late })
  expect(late).toBeLessThanOrEqual(4)
  expect(counted.disabledAt).toBe(disabled.disabledAt)
  const attempts = counted.deliveries.map(({ attemptCount }) => attemptCount)
  expect(attempts.filter((count) => count === 0)).toHaveLength(4 - late)
  expect(attempts.reduce((sum, count) => sum + count, 0)).toBe(counted.failureCount)
  await expect.poll(() => told.at(-1)).toMatchObject({ failureCount: counted.failureCount })
  const moments = told.map(({ disabledAt }) => disabledAt).filter((at) => at !== null)
  expect(new Set(moments).size).toBe(1)
})

test('a failure that is recorded after the disabling is counted, and changes nothing else', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold, 500] })
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodo(client)
  const late = deliveryOf(await receiver.request())
  await publishTodos(client, 15)
  const disabled = await destinationStands(client, id, { status: 'DISABLED', failureCount: 15 })
  held.release(500)
  const after = await destinationStands(client, id, { failureCount: 16 })
  expect(after).toMatchObject({ status: 'DISABLED', disabledAt: disabled.disabledAt })
  const attempts = [{ number: 1, status: 'FAILED', responseCode: 500 }]
  expect(await readDelivery(client, late)).toMatchObject({ status: 'CANCELED', attempts })
})

test('failures of one destination do not affect another one', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const { client } = world
  await using broken = await startReceiver({ answers: [500] })
  await using sound = await startReceiver()
  const bad = await activeDestination(client, { url: broken.url })
  const good = await activeDestination(client, { url: sound.url })
  await publishTodos(client, 15)
  await destinationStands(client, bad.id, { status: 'DISABLED' })
  const { deliveries, ...settings } = await destinationStands(client, good.id, {
    deliveries: Array(15).fill(expect.objectContaining({ status: 'SUCCEEDED' })),
  })
  expect(settings).toMatchObject({ status: 'ACTIVE', failureCount: 0 })
  expect(deliveries).toHaveLength(15)
})

/** Subscribes to a destination. Returns a list to which each change is appended. */
async function watchDestination(client: GraphqlClient, id: string) {
  const told: { failureCount: number; disabledAt?: string | null }[] = []
  const changes = client.subscribe(DestinationChanged, { id })
  const watch = async () => {
    for await (const { destinationChanged } of changes) told.push(destinationChanged)
  }
  void watch()
  let number = 0
  const listening = async () => {
    number += 1
    await client.request(UpdateDestination, { id, input: { name: `Before ${number}` } })
    return told.length > 0
  }
  await expect.poll(listening).toBe(true)
  return told
}
