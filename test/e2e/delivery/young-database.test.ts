import pg from 'pg'
import { expect, test } from 'vitest'
import { latestAttempt, nextAttempts } from '../../helpers/deliveries.ts'
import {
  deliveryStands,
  destinationStands,
  publishTodos,
  RetryDelivery,
  readDelivery,
} from '../../helpers/delivery-operations.ts'
import {
  activate,
  DeleteDestination,
  deactivate,
  readDestination,
} from '../../helpers/destination-operations.ts'
import { EventsRelatedTo, eraseEvent } from '../../helpers/erasure-operations.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

/** How often each of the tables that grow was read from end to end. What processes have counted is there once they ended. */
async function wholeReads(databaseUrl: string): Promise<Record<string, number>> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ name: string; reads: number }>(
    `select relname as name, seq_scan::int as reads from pg_stat_user_tables
    where schemaname = 'public'
      and relname in ('event', 'delivery', 'delivery_attempt', 'destination', 'signing_secret')`,
  )
  await client.end()
  return Object.fromEntries(rows.map(({ name, reads }) => [name, reads]))
}

/** Runs every operation of a customer, from publishing to deleting. */
async function useAll({ databaseUrl, ...world }: Awaited<ReturnType<typeof createWorld>>) {
  const { client } = world
  await using receiver = await startReceiver()
  await using broken = await startReceiver({ answers: [{ status: 500 }] })
  const { id } = await activeDestination(client, { url: receiver.url })
  const { id: failing } = await activeDestination(client, { url: broken.url })
  const events = await publishTodos(client, 60)
  await receiver.request(60)
  await destinationStands(client, failing, { status: 'DISABLED' })
  const first = await latestAttempt(client, id)
  const { deliveries } = await readDestination(client, failing)
  const [canceled] = deliveries
  await activate(client, failing)
  broken.answerWith({ status: 200 })
  await client.request(RetryDelivery, { id: canceled!.id })
  await deliveryStands(client, canceled!.id, { status: 'SUCCEEDED' })
  await readDelivery(client, canceled!.id)
  await nextAttempts(client, 1, first)
  await client.request(EventsRelatedTo, { id: 'acc_123' })
  await eraseEvent(client, events[0]!)
  await deactivate(client, id)
  await client.request(DeleteDestination, { id })
}

test('in a database without statistics no growing table is read with a sequential scan', async () => {
  const world = await createWorld()
  await useAll(world).finally(() => world[Symbol.asyncDispose]())
  expect(await wholeReads(world.databaseUrl)).toEqual({
    event: 0,
    delivery: 0,
    delivery_attempt: 0,
    destination: 0,
    signing_secret: 0,
  })
})
