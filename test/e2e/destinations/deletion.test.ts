import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import { graphql } from '../../../src/generated/graphql/gql.ts'
import { readRowsAsText } from '../../helpers/database-text.ts'
import {
  deliveryOf,
  deliveryStands,
  destinationStands,
  GetEvent,
  ListEvents,
  publishTodos,
  RetryDelivery,
  SendTest,
} from '../../helpers/delivery-operations.ts'
import { activate, DeleteDestination, deactivate } from '../../helpers/destination-operations.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { startMarker } from '../../helpers/marker.ts'
import { activeDestination, GetDestination, publishTodo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld, type World } from '../../helpers/world.ts'

/** Selects nothing of the delivery, because it can be deleted before it is read. */
const SendAndForget = graphql(`
  mutation TestSendAndForget($id: ID!) {
    destinationSendTest(id: $id, event: EMAIL_SENT) { __typename }
  }
`)

/** Returns all rows except those of deleted destinations and attempts, kept for a day for subscribers, and of the audit log. */
async function allRows({ databaseUrl }: World): Promise<string[]> {
  const rows = await readRowsAsText(databaseUrl)
  return rows.filter(
    (row) => !/^public\.(destination_deletion|deleted_attempt|audit_log_entry) /.test(row),
  )
}

/** Returns the rows of the service's own tables. Jobs of pg-boss mention a destination until they have run. */
const ownRows = async (world: World): Promise<string[]> =>
  (await allRows(world)).filter((row) => row.startsWith('public.'))

test('deleting a destination leaves no row that mentions it, nor any of its deliveries, attempts and test sends', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500, 200] })
  const { id } = await activeDestination(client, { url: receiver.url })
  const waiting = await publishTodo(client, 'waiting')
  const first = deliveryOf(await receiver.request())
  await deliveryStands(client, first, { attemptCount: 1 })
  await publishTodos(client, 2)
  const { destinationSendTest } = await client.request(SendTest, { id, event: 'EMAIL_SENT' })
  if (destinationSendTest.__typename !== 'Delivery') expect.fail('no test send')
  await deliveryStands(client, destinationSendTest.id, { status: 'SUCCEEDED' })
  await deactivate(client, id)
  await publishTodo(client, 'skipped')
  await activate(client, id)
  const { deliveries } = await destinationStands(client, id, { status: 'ACTIVE' })
  expect(deliveries).toHaveLength(5)
  const before = await ownRows(world)
  expect(before.filter((row) => row.includes(id)).length).toBeGreaterThan(10)

  const { destinationDelete } = await client.request(DeleteDestination, { id })
  expect(destinationDelete).toEqual({ __typename: 'DestinationDeleted', id })
  const after = (await ownRows(world)).join('\n')
  for (const gone of [id, destinationSendTest.event.id, ...deliveries.map((one) => one.id)]) {
    expect(after).not.toContain(gone)
  }
  expect((await client.request(GetDestination, { id })).destination).toBeNull()
  const again = await client.request(DeleteDestination, { id })
  expect(again.destinationDelete.__typename).toBe('NotFoundError')
  const retried = await client.request(RetryDelivery, { id: first })
  expect(retried.deliveryRetry.__typename).toBe('NotFoundError')
  // What happened has happened: the events stay.
  const { event } = await client.request(GetEvent, { id: waiting })
  expect(event).toMatchObject({ id: waiting, deliveries: { nodes: [] } })
  expect((await client.request(ListEvents)).events.nodes).toHaveLength(4)
})

test('minutes after the deletion no job mentions the destination', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500] })
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 3)
  await destinationStands(client, id, { failureCount: 3 })
  await client.request(DeleteDestination, { id })
  const mentions = async () => (await allRows(world)).filter((row) => row.includes(id)).length
  expect(await mentions()).toBeGreaterThan(0)
  await clock.tick(2100)
  // The wake-ups have come; each is removed when a minute has passed since it was settled.
  const rest = async () => {
    await clock.setTime(clock.now() + 65_000)
    await clock.tick(1000)
    return mentions()
  }
  await expect.poll(rest, { timeout: 10_000 }).toBe(0)
})

test('an attempt in flight leaves no row when its destination is deleted', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  await using marker = await startMarker(client)
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 20)
  await receiver.request(16)
  await client.request(DeleteDestination, { id })
  held.release(200, 8)
  held.release(500, 8)
  await marker.pass()
  await marker.pass()
  expect(receiver.requests).toHaveLength(16)
  expect((await ownRows(world)).join('\n')).not.toContain(id)
})

test('destinations can be deleted while everything is delivered to them', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver({ answers: [200] })
  const ids: string[] = []
  for (let count = 0; count < 8; count++) {
    ids.push((await activeDestination(client, { url: receiver.url })).id)
  }
  await publishTodos(client, 200)
  const sends = ids.map((id) => client.request(SendAndForget, { id }))
  const deletions = ids.map((id) => client.request(DeleteDestination, { id }))
  await Promise.all(sends)
  for (const { destinationDelete } of await Promise.all(deletions)) {
    expect(destinationDelete.__typename).toBe('DestinationDeleted')
  }
  const rows = await ownRows(world)
  expect(rows.filter((row) => ids.some((id) => row.includes(id)))).toEqual([])
  expect(rows.filter((row) => row.includes('email_sent'))).toEqual([])
})
