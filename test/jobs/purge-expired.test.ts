import { expect, test } from 'vitest'
import { lowestId } from '../../src/adapters/ids.ts'
import { systemClock } from '../../src/adapters/system-clock.ts'
import { purgeExpired } from '../../src/jobs/purge-expired.ts'
import { activeDestination } from '../helpers/operations.ts'
import { createWorld, SILENT, type World } from '../helpers/world.ts'

const DAY = 86_400_000

/** Past events, a millisecond apart, each with a delivery and an attempt. @returns their ids, oldest first */
async function addPast(
  world: World,
  destinationId: string,
  { days, count, status }: { days: number; count: number; status: 'SUCCEEDED' | 'PENDING' },
): Promise<string[]> {
  const time = Date.now() - days * DAY
  const ids = Array.from({ length: count }, (_, index) => lowestId('evt', new Date(time + index)))
  await world.app.ports.db.query(
    `with event as (
      insert into event (id, organization_id, type, data, relations, timestamp)
      select id, $2, 'todo_created', '{}', '{}', now() from unnest($1::text[]) as id
    ), delivery as (
      insert into delivery (id, event_id, destination_id, status, due_at)
      select 'dlv_' || id, id, $3, $4::delivery_status, now() + interval '1 day' from unnest($1::text[]) as id
    )
    insert into delivery_attempt (
      id, delivery_id, destination_id, organization_id, event_type, number, status, attempted_at, duration_ms
    )
    select 'att_' || id, 'dlv_' || id, $3, $2, 'todo_created', 1, 'SUCCEEDED', now(), 1
    from unnest($1::text[]) as id`,
    [ids, world.organizationId, destinationId, status],
  )
  return ids
}

async function idsOf({ app }: World, column: string, table: string): Promise<string[]> {
  const rows = await app.ports.db.query<{ id: string }>(`select ${column} as id from ${table}`)
  return rows.map(({ id }) => id).sort()
}

const purge = ({ app }: World, days: number) =>
  purgeExpired({ db: app.ports.db, clock: systemClock, log: SILENT, lowestId }, days)

test('events beyond the retention go with their deliveries and attempts, but for those that still wait', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, { url: 'http://127.0.0.1:4001/never-sent' })
  // What waits fills batches of its own, among others that go.
  await addPast(world, id, { days: 60, count: 250, status: 'SUCCEEDED' })
  const waiting = await addPast(world, id, { days: 50, count: 250, status: 'PENDING' })
  await addPast(world, id, { days: 40, count: 450, status: 'SUCCEEDED' })
  await addPast(world, id, { days: 30.001, count: 3, status: 'SUCCEEDED' })
  const young = await addPast(world, id, { days: 29.999, count: 3, status: 'SUCCEEDED' })
  const now = await addPast(world, id, { days: 0, count: 3, status: 'SUCCEEDED' })

  await purge(world, 30)

  const stay = [...waiting, ...young, ...now].sort()
  expect(await idsOf(world, 'id', 'event')).toEqual(stay)
  expect(await idsOf(world, 'event_id', 'delivery')).toEqual(stay)
  expect(await idsOf(world, 'substr(delivery_id, 5)', 'delivery_attempt')).toEqual(stay)
})

test('a retention that reaches back to before there was time keeps everything', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, { url: 'http://127.0.0.1:4001/never-sent' })
  const old = await addPast(world, id, { days: 400, count: 2, status: 'SUCCEEDED' })
  await purge(world, 36_500)
  expect(await idsOf(world, 'id', 'event')).toEqual(old)
})

test('a worker removes what has expired when it starts', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, { url: 'http://127.0.0.1:4001/never-sent' })
  await addPast(world, id, { days: 31, count: 150, status: 'SUCCEEDED' })
  const young = await addPast(world, id, { days: 29, count: 2, status: 'SUCCEEDED' })
  await world.addProcess()
  await expect.poll(() => idsOf(world, 'id', 'event')).toEqual(young)
})
