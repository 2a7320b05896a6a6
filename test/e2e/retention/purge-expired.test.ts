import { expect, test } from 'vitest'
import { systemClock } from '../../../src/concurrency/clock.ts'
import type { DeliveryStatus } from '../../../src/generated/prisma/enums.ts'
import { purgeExpired } from '../../../src/retention/purge-expired.ts'
import type { Database } from '../../../src/storage/database.ts'
import { lowestId } from '../../../src/storage/ids.ts'
import type { Logger } from '../../../src/telemetry/logger.ts'
import { RetryDelivery } from '../../helpers/delivery-operations.ts'
import { DeleteDestination } from '../../helpers/destination-operations.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { SILENT } from '../../helpers/silent-log.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const DAY = 86_400_000

/** Past events, a millisecond apart, each with a delivery and an attempt. @returns their ids, oldest first */
async function addPast(
  world: World,
  destinationId: string,
  { days, count, status }: { days: number; count: number; status: DeliveryStatus },
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

/** Adds one past event with many deliveries to one destination, each with `attempts` attempts. */
async function addBroadcast(
  world: World,
  destinationId: string,
  { count, attempts }: { count: number; attempts: number },
): Promise<void> {
  const [id] = await addPast(world, destinationId, { days: 40, count: 1, status: 'SUCCEEDED' })
  await world.app.ports.db.query(
    `with delivery as (
      insert into delivery (id, event_id, destination_id, status, attempt_count)
      select 'dlv_' || n, $1, $2, 'SUCCEEDED', $5 from generate_series(1, $4::int) as n
    )
    insert into delivery_attempt (
      id, delivery_id, destination_id, organization_id, event_type, number, status, attempted_at, duration_ms
    )
    select 'att_' || n || '_' || number, 'dlv_' || n, $2, $3, 'todo_created', number, 'FAILED', now(), 1
    from generate_series(1, $4::int) as n, generate_series(1, $5::int) as number`,
    [id, destinationId, world.organizationId, count, attempts],
  )
}

async function idsOf({ app }: World, column: string, table: string): Promise<string[]> {
  const rows = await app.ports.db.query<{ id: string }>(`select ${column} as id from ${table}`)
  return rows.map(({ id }) => id).sort()
}

const NOWHERE = { url: 'http://127.0.0.1:4001/never-sent' }

const purge = ({ app }: World, days: number, signal?: AbortSignal, log: Logger = SILENT) =>
  purgeExpired({ db: app.ports.db, clock: systemClock, log, lowestId }, days, signal)

test('events older than the retention are deleted with their deliveries and attempts, unless a delivery is PENDING', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, NOWHERE)
  // Waiting deliveries fill whole batches between expired ones.
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

test('deleted destinations and attempts are stored for a day, whatever the retention', async () => {
  await using world = await createWorld({ worker: false })
  const { db } = world.app.ports
  const deletedAt = `now() - case when n > 2 then interval '25 hours' else interval '23 hours' end`
  await db.query(
    `insert into destination_deletion (id, organization_id, deleted_at)
    select 'whk_' || n, $1, ${deletedAt} from generate_series(1, 1200) as n`,
    [world.organizationId],
  )
  await db.query(
    `insert into deleted_attempt (id, organization_id, recorded_in, deleted_at)
    select 'att_' || n, $1, '1', ${deletedAt} from generate_series(1, 1200) as n`,
    [world.organizationId],
  )
  await purge(world, 36_500)
  expect(await idsOf(world, 'id', 'destination_deletion')).toEqual(['whk_1', 'whk_2'])
  expect(await idsOf(world, 'id', 'deleted_attempt')).toEqual(['att_1', 'att_2'])
})

test('a retention that reaches back before 1970 deletes nothing', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, NOWHERE)
  const old = await addPast(world, id, { days: 400, count: 2, status: 'SUCCEEDED' })
  await purge(world, 36_500)
  expect(await idsOf(world, 'id', 'event')).toEqual(old)
})

test('a worker deletes expired events when it starts', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, NOWHERE)
  await addPast(world, id, { days: 31, count: 150, status: 'SUCCEEDED' })
  const young = await addPast(world, id, { days: 29, count: 2, status: 'SUCCEEDED' })
  await world.addProcess()
  await expect.poll(() => idsOf(world, 'id', 'event')).toEqual(young)
})

test('a failed delivery keeps its event until its destination is deleted, the others do not', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, NOWHERE)
  const other = await activeDestination(world.client, NOWHERE)
  const failed = await addPast(world, id, { days: 60, count: 3, status: 'FAILED' })
  for (const [days, status] of [
    [50, 'CANCELED'],
    [40, 'SKIPPED'],
  ] as const) {
    await addPast(world, id, { days, count: 3, status })
  }
  await world.app.ports.db.query(
    `insert into delivery (id, event_id, destination_id, status) values ('dlv_other', $1, $2, 'SUCCEEDED')`,
    [failed[0], other.id],
  )

  await purge(world, 30)
  expect(await idsOf(world, 'id', 'event')).toEqual(failed)
  expect(await idsOf(world, 'id', 'delivery')).toContain('dlv_other')

  await world.client.request(DeleteDestination, { id })
  await purge(world, 30)
  expect(await idsOf(world, 'id', 'event')).toEqual([])
  expect(await idsOf(world, 'id', 'delivery')).toEqual([])
})

test('a failed test send and an erased event are not kept', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, NOWHERE)
  const [tested, erased, failed] = await addPast(world, id, {
    days: 60,
    count: 3,
    status: 'FAILED',
  })
  const { db } = world.app.ports
  await db.query('update delivery set test = true where event_id = $1', [tested])
  await db.query('update delivery set erased = true where event_id = $1', [erased])

  await purge(world, 30)
  expect(await idsOf(world, 'id', 'event')).toEqual([failed])
})

test('an event with thousands of deliveries is deleted in batches of at most 500 rows', async () => {
  await using world = await createWorld({ worker: false })
  const { db } = world.app.ports
  const { id } = await activeDestination(world.client, NOWHERE)
  await addBroadcast(world, id, { count: 1_500, attempts: 6 })
  await addPast(world, id, { days: 35, count: 20, status: 'SUCCEEDED' })
  const parts: { deleted: number }[] = []
  const watched: Database = {
    prisma: db.prisma,
    transaction: (work) => db.transaction(work),
    isTransient: (error) => db.isTransient(error),
    async query<Row>(text: string, values?: readonly unknown[]) {
      const rows = await db.query<Row>(text, values)
      if (text.includes('delete from')) parts.push(rows[0] as { deleted: number })
      return rows
    },
  }

  await purgeExpired({ db: watched, clock: systemClock, log: SILENT, lowestId }, 30)

  for (const table of ['event', 'delivery', 'delivery_attempt']) {
    expect(await idsOf(world, 'id', table)).toEqual([])
  }
  // A delivery with its six attempts is seven rows. The part that a limit falls into is removed whole.
  expect(Math.max(...parts.map(({ deleted }) => deleted))).toBeLessThanOrEqual(500 / 7 + 20)
  expect(parts.length).toBeGreaterThan(10)
})

test('of several workers one purges, and deletes each event once', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, NOWHERE)
  await addPast(world, id, { days: 40, count: 3_000, status: 'SUCCEEDED' })
  const told: object[] = []
  const log: Logger = { ...SILENT, info: (fields) => void told.push(fields) }

  await Promise.all(Array.from({ length: 4 }, () => purge(world, 30, undefined, log)))

  expect(await idsOf(world, 'id', 'event')).toEqual([])
  expect(told).toEqual([{ events: 3_000 }])
})

test('a delivery that is being sent again is kept with its event, without waiting for its lock', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, NOWHERE)
  const [again, gone] = await addPast(world, id, { days: 40, count: 2, status: 'SUCCEEDED' })

  await world.app.ports.db.transaction(async (tx) => {
    await tx.query(`update delivery set status = 'PENDING', due_at = now() where id = $1`, [
      `dlv_${again}`,
    ])
    await purge(world, 30)
  })

  expect(await idsOf(world, 'id', 'event')).toEqual([again])
  await purge(world, 30)
  expect(await idsOf(world, 'event_id', 'delivery')).toEqual([again])
  const { deliveryRetry } = await world.client.request(RetryDelivery, { id: `dlv_${gone}` })
  expect(deliveryRetry.__typename).toBe('NotFoundError')
})

test('an aborted purge ends after the running transaction, and the next purge removes the rest', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, NOWHERE)
  await addPast(world, id, { days: 40, count: 1_200, status: 'SUCCEEDED' })
  await purge(world, 30, AbortSignal.abort())
  expect(await idsOf(world, 'id', 'event')).toHaveLength(1_200)

  const ending = new AbortController()
  const running = purge(world, 30, ending.signal)
  await expect.poll(async () => (await idsOf(world, 'id', 'delivery')).length).toBeLessThan(1_200)
  ending.abort()
  await running
  await purge(world, 30)
  expect(await idsOf(world, 'id', 'delivery_attempt')).toEqual([])
})
