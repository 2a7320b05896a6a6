import { expect, test } from 'vitest'
import { activeDestination } from '../../helpers/operations.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const url = 'http://127.0.0.1:4001/never-sent'

test('a subscriber receives the changes of its own organization only, or of one destination only', async () => {
  await using world = await createWorld({ worker: false })
  const { db, destinationFeed } = world.app.ports
  const one = await activeDestination(world.client, { url })
  const two = await activeDestination(world.client, { url })
  const foreign = await activeDestination(await world.clientFor('Globex'), { url })
  const all = destinationFeed.subscribe(world.organizationId, null)
  const onlyTwo = destinationFeed.subscribe(world.organizationId, two.id)
  const change = (id: string) => db.query('update destination set name = name where id = $1', [id])

  // Both subscriptions have begun when each has received a change of the second destination.
  const begun = Promise.all([all.next(), onlyTwo.next()])
  let waiting = true
  void begun.then(() => {
    waiting = false
  })
  while (waiting) await change(two.id)
  const [, first] = await begun
  expect(first.value.id).toBe(two.id)
  for (const id of [foreign.id, one.id, two.id, foreign.id, one.id]) await change(id)

  const heard = [(await all.next()).value.id]
  while (heard.at(-1) !== one.id) heard.push((await all.next()).value.id)
  expect(heard).not.toContain(foreign.id)
  expect((await onlyTwo.next()).value.id).toBe(two.id)
  await Promise.all([all.return?.(), onlyTwo.return?.()])
})

/** Writes `count` deletions of destinations that never existed, `each` in one transaction. Returns the ids. */
async function writeDeletions(
  { app, organizationId }: World,
  name: string,
  { count, each = count }: { count: number; each?: number },
): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `whk_${name}${10_000 + index}`)
  for (let from = 0; from < count; from += each) {
    await app.ports.db.query(
      `insert into destination_deletion (id, organization_id)
      select id, $2 from unnest($1::text[]) as id
      returning pg_notify('destination_deleted', '')`,
      [ids.slice(from, from + each), organizationId],
    )
  }
  return ids
}

/** Subscribes to all deletions. Resolves when the subscriber has received every deletion until then. */
async function beginDeletions(world: World, name: string) {
  const deletions = world.app.ports.deletionFeed.subscribe(world.organizationId, null)
  const next = async () => (await deletions.next()).value.id as string
  let begun = false
  const first = next().finally(() => {
    begun = true
  })
  let last = ''
  for (let turn = 0; !begun; turn += 1) {
    const [id] = await writeDeletions(world, `${name}${turn}x`, { count: 1 })
    last = id!
  }
  for (let id = await first; id !== last; ) id = await next()
  return { next, end: () => deletions.return?.() }
}

test('a subscriber that does not pull has a bounded queue, and then reads each further deletion once from the table', async () => {
  await using world = await createWorld({ worker: false })
  const quick = await beginDeletions(world, 'quick')
  const slow = await beginDeletions(world, 'slow')
  const ids = await writeDeletions(world, 'many', { count: 1_700, each: 100 })
  while ((await quick.next()) !== ids.at(-1));

  const told: string[] = []
  while (told.length < ids.length) {
    told.push(await slow.next())
    // Deletions during the catch-up are neither lost nor emitted twice.
    if (told.length % 400 === 0)
      ids.push(...(await writeDeletions(world, `more${told.length}x`, { count: 3 })))
  }
  expect(told.toSorted()).toEqual(ids.toSorted())
  const [last] = await writeDeletions(world, 'last', { count: 1 })
  expect(await slow.next()).toBe(last)
  await Promise.all([quick.end(), slow.end()])
})
