import { expect, test } from 'vitest'
import { findDueDeliveries } from '../../../src/delivery/due.ts'
import { newId } from '../../../src/storage/ids.ts'
import { addBacklog } from '../../helpers/backlog.ts'
import { destinationStands } from '../../helpers/delivery-operations.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { type Answer, startReceiver } from '../../helpers/receiver.ts'
import { createWorld, type World } from '../../helpers/world.ts'

/** Characters of the data of one event, close to the limit of a request. */
const LARGE = 900_000

/** Puts large events before a destination, in order. @returns the deliveries' ids */
async function addLarge(
  { app, organizationId }: World,
  destinationId: string,
  count: number,
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId('dlv'))
  await app.ports.db.query(
    `with event as (
      insert into event (id, organization_id, type, data, relations, timestamp)
      select 'evt_' || id, $2, 'todo_created', '{"n":"' || repeat('x', $4) || '"}', '{}', now()
      from unnest($1::text[]) as id
    )
    insert into delivery (id, event_id, destination_id, status, due_at)
    select id, 'evt_' || id, $3, 'PENDING', now() - interval '30 s' + place * interval '1 ms'
    from unnest($1::text[]) with ordinality as delivery (id, place)`,
    [ids, organizationId, destinationId, LARGE - 8],
  )
  return ids
}

/** Looks until there is no more, as a drain does whose requests hang. */
async function lookAtAll({ app }: World, destinationId: string, limit: number) {
  const looks: string[][] = []
  for (let more = true; more; ) {
    const look = await findDueDeliveries(app.ports, destinationId, {
      limit,
      except: looks.flat(),
      numbered: false,
    })
    looks.push(look.deliveries.map(({ id }) => id))
    more = look.more
  }
  return looks
}

test('a query returns deliveries up to the size limit and whether there are more, and all are read in order', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, { url: 'http://127.0.0.1:4001/never-sent' })
  const ids = await addLarge(world, id, 40)

  const looks = await lookAtAll(world, id, 64)

  expect(looks.flat()).toEqual(ids)
  expect(looks.map((look) => look.length)).toEqual(Array(20).fill(2))
})

test('an event above the size limit is read, together with small ones before it', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, { url: 'http://127.0.0.1:4001/never-sent' })
  await addBacklog(world, id, 5)
  const [large] = await addLarge(world, id, 1)
  await world.app.ports.db.query(
    `update event set data = data || repeat(' ', 2000000) where id = $1`,
    [`evt_${large}`],
  )
  const [first, ...rest] = await lookAtAll(world, id, 64)
  expect(first).toHaveLength(6)
  expect(rest).toEqual([])
})

test('a full page reports that there may be more, and a page that is not full reports that there are none', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, { url: 'http://127.0.0.1:4001/never-sent' })
  await addBacklog(world, id, 130)
  const looks = await lookAtAll(world, id, 64)
  expect(looks.map((look) => look.length)).toEqual([64, 64, 2])
})

test('only a few large events are in flight to one destination at a time', async () => {
  await using world = await createWorld({ worker: false })
  let open = 0
  let most = 0
  // Answers when no further request has arrived for a moment, so that the maximum is in flight.
  const waiting: (() => void)[] = []
  let quiet: NodeJS.Timeout | undefined
  const hold: Answer = (_request, response) => {
    most = Math.max(most, ++open)
    waiting.push(() => {
      open -= 1
      response.end()
    })
    clearTimeout(quiet)
    quiet = setTimeout(() => {
      for (const answer of waiting.splice(0)) answer()
    }, 100)
  }
  await using receiver = await startReceiver({ answers: [hold] })
  const { id } = await activeDestination(world.client, { url: receiver.url })
  await addLarge(world, id, 20)
  await world.addProcess()
  await receiver.request(20)
  await destinationStands(world.client, id, {
    deliveries: Array(20).fill(expect.objectContaining({ status: 'SUCCEEDED' })),
  })
  // Four and a half million characters: the fifth is begun while there is room for less.
  expect(most).toBe(5)
})
