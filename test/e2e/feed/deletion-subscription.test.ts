import { expect, test } from 'vitest'
import type { GraphqlClient } from '../../../src/cli/graphql-client.ts'
import { SCOPES } from '../../../src/domain/api-key.ts'
import { DeleteDestination, inactiveDestination } from '../../helpers/destination-operations.ts'
import { DestinationDeleted } from '../../helpers/operations.ts'
import { listen } from '../../helpers/raw-operation.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const SUBSCRIPTION = 'subscription ($id: ID) { destinationDeleted(id: $id) { id } }'

type Told = { destinationDeleted: { id: string } }

/** Reads a subscription. Returns a list to which each id is appended. */
function collect<Item>(stream: AsyncIterable<Item>, read: (item: Item) => Told): string[] {
  const ids: string[] = []
  const reading = async () => {
    for await (const item of stream) ids.push(read(item).destinationDeleted.id)
  }
  // The service ends the streams when the world is closed.
  void reading().catch(() => {})
  return ids
}

const overSocket = (client: GraphqlClient, id: string | null = null) =>
  collect(client.subscribe(DestinationDeleted, { id }), (told) => told)

const overEvents = (world: World, id: string | null = null) =>
  collect(listen(world, SUBSCRIPTION, { id }), ({ data }) => data)

const remove = (client: GraphqlClient, id: string) => client.request(DeleteDestination, { id })

/** Creates and deletes destinations until each subscriber has received a deletion. */
async function begun(client: GraphqlClient, received: string[][]): Promise<void> {
  while (received.some((ids) => ids.length === 0)) {
    await remove(client, await inactiveDestination(client))
  }
}

const subscribers = ({ app }: World) =>
  (
    app.ports.deletionFeed as typeof app.ports.deletionFeed & { subscribers(): number }
  ).subscribers()

test('destinationDeleted emits each deletion once, made through another process with another key, over WebSocket and SSE', async () => {
  await using world = await createWorld({ worker: false })
  const other = await world.addProcess({ worker: false })
  const elsewhere = await world.clientFor('Acme', SCOPES, other.url)
  const stranger = await world.clientFor('Globex', SCOPES, other.url)
  const [one, two] = [await inactiveDestination(elsewhere), await inactiveDestination(elsewhere)]
  const foreign = await inactiveDestination(stranger)
  const onlyTwo = [overSocket(world.client, two), overEvents(world, two)]
  const silent = [overSocket(world.client, foreign), overEvents(world, foreign)]
  await expect.poll(() => subscribers(world)).toBe(4)
  const all = [overSocket(world.client), overEvents(world)]
  await begun(elsewhere, all)

  await remove(stranger, foreign)
  await remove(elsewhere, one)
  await remove(elsewhere, two)
  const again = await remove(elsewhere, two)
  expect(again.destinationDelete.__typename).toBe('NotFoundError')
  const last = await inactiveDestination(elsewhere)
  await remove(elsewhere, last)

  for (const ids of all) {
    await expect.poll(() => ids.at(-1)).toBe(last)
    expect(ids.slice(-3)).toEqual([one, two, last])
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).not.toContain(foreign)
  }
  await expect.poll(() => onlyTwo).toEqual([[two], [two]])
  expect(silent).toEqual([[], []])
})

test('a deletion that is rolled back is not emitted', async () => {
  await using world = await createWorld({ worker: false })
  const kept = await inactiveDestination(world.client)
  const told = overSocket(world.client)
  await begun(world.client, [told])
  const { db } = world.app.ports
  const undone = db.transaction(async (tx) => {
    await tx.query(
      `with deleted as (delete from destination where id = $1 returning id, organization_id)
      insert into destination_deletion (id, organization_id)
      select id, organization_id from deleted`,
      [kept],
    )
    throw new Error('changed my mind')
  })
  await expect(undone).rejects.toThrow('changed my mind')
  await remove(world.client, kept)
  await expect.poll(() => told.filter((id) => id === kept)).toEqual([kept])
})
