import { expect, test } from 'vitest'
import { activeDestination } from '../helpers/operations.ts'
import { createWorld } from '../helpers/world.ts'

const url = 'http://127.0.0.1:4001/never-sent'

test('a subscriber hears of its own organization alone, and of one destination alone when it asks for that', async () => {
  await using world = await createWorld({ worker: false })
  const { db, destinationFeed } = world.app.ports
  const one = await activeDestination(world.client, { url })
  const two = await activeDestination(world.client, { url })
  const foreign = await activeDestination(await world.clientFor('Globex'), { url })
  const all = destinationFeed.subscribe(world.organizationId, null)
  const onlyTwo = destinationFeed.subscribe(world.organizationId, two.id)
  const change = (id: string) => db.query('update destination set name = name where id = $1', [id])

  // Both have begun when the first of them has heard of the one that concerns both.
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
