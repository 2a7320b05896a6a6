import { expect, test } from 'vitest'
import { cursorOf } from '../../../src/feed/attempt-cursor.ts'
import { adoptRestoredRows } from '../../../src/feed/restored-rows.ts'
import { startAttemptWriter } from '../../helpers/attempt-writer.ts'
import { createWorld, type World } from '../../helpers/world.ts'

/** Shifts the positions of the feeds, as in a dump of a server with other transaction numbers. */
async function shiftPlaces({ app }: World, by: bigint, from = 0n): Promise<void> {
  const { db } = app.ports
  const shifted = (column: string) => `${column} = (${column}::text::numeric + ${by})::text::xid8
    where ${column}::text::numeric >= ${from}`
  await db.query('alter table destination disable trigger destination_stamp')
  await db.query(`update delivery_attempt set ${shifted('recorded_in')}`)
  await db.query(`update destination set ${shifted('changed_in')}`)
  await db.query(`update destination_deletion set ${shifted('deleted_in')}`)
  await db.query('alter table destination enable trigger destination_stamp')
}

const idsInOrder = ({ app }: World) =>
  app.ports.db.query<{ id: string; place: string }>(
    'select id, recorded_in::text as place from delivery_attempt order by recorded_in, delivery_attempt.id',
  )

/** Attempts in many transactions, of which some commit in another order than they began. */
async function recordAttempts(world: World) {
  const writer = await startAttemptWriter(world, { connections: 2 })
  for (let turn = 0; turn < 10; turn += 1) {
    await writer.record(2, { beforeCommit: () => writer.record(3) })
  }
  return writer
}

const ownNumber = async ({ app }: World) =>
  BigInt(
    (await app.ports.db.query<{ own: string }>('select pg_current_xact_id()::text as own'))[0]!.own,
  )

const SHIFTS: [
  string,
  (places: bigint[], own: bigint) => bigint,
  from?: (places: bigint[]) => bigint,
][] = [
  ['all above the number of this server', () => 1_000_000_000_000n],
  ['half of them above it', () => 1_000_000_000n, (places) => places[places.length / 2]!],
  ['one of them exactly at it', (places, own) => own + 2n - places.at(-1)!],
  ['all below it', (places) => -(places[0]! / 2n)],
]

test.each(SHIFTS)(
  'a subscriber resumes in a restored database where it was, in order and without repeats, with places %s',
  async (_name, shiftOf, fromOf) => {
    await using world = await createWorld({ worker: false })
    await using writer = await recordAttempts(world)
    const before = await idsInOrder(world)
    const places = before.map(({ place }) => BigInt(place))
    await shiftPlaces(world, shiftOf(places, await ownNumber(world)), fromOf?.(places))

    // What the next processes do as they start, several at once.
    await Promise.all([1, 2, 3].map(() => adoptRestoredRows(world.app.ports.db)))
    await using restarted = await restart(world)

    const fresh = [...(await writer.record(3)), ...(await writer.record(2))]
    const ids = [...before.map(({ id }) => id), ...fresh]
    expect((await idsInOrder(world)).map(({ id }) => id)).toEqual(ids)
    for (const seen of [0, 7, 26, 49]) {
      expect(await attemptsAfter(restarted.feed, world, ids[seen]!, ids.length - seen - 1)).toEqual(
        ids.slice(seen + 1),
      )
    }
    expect(await adoptRestoredRows(world.app.ports.db)).toBeNull()
  },
)

async function restart(world: World) {
  const process = await world.addProcess({ worker: false })
  return {
    feed: process.app.ports.attemptFeed,
    [Symbol.asyncDispose]: () => process.close(),
  }
}

async function attemptsAfter(
  feed: World['app']['ports']['attemptFeed'],
  { organizationId }: World,
  after: string,
  count: number,
): Promise<string[]> {
  const all = { organizationId, destinationId: null, eventTypes: null, statuses: null }
  const stream = feed.subscribe(all, () => feed.positionAfter(organizationId, after))
  const ids: string[] = []
  while (ids.length < count) ids.push((await stream.next()).value!.id)
  await stream.return?.()
  return ids
}

test('in a restored database a cursor stays valid after its attempt was deleted', async () => {
  await using world = await createWorld({ worker: false })
  await using writer = await startAttemptWriter(world)
  const { db } = world.app.ports
  await writer.record(1)
  await shiftPlaces(world, 1_000_000_000_000n)
  await using restarted = await restart(world)
  const [deleted] = await writer.record(1)
  const [next] = await writer.record(1)
  const [attempt] = await db.query<{ id: string; transaction: string }>(
    'delete from delivery_attempt where id = $1 returning id, recorded_in::text as transaction',
    [deleted],
  )
  const cursor = cursorOf(world.app.ports.cursorSeal, world.organizationId, attempt!)

  expect(await attemptsAfter(restarted.feed, world, cursor, 1)).toEqual([next])
})

test('in a restored database the changes and deletions of destinations are announced as they happen', async () => {
  await using world = await createWorld({ worker: false })
  const writer = await startAttemptWriter(world)
  const { db } = world.app.ports
  await db.query(`insert into destination_deletion (id, organization_id) values ('whk_old', $1)`, [
    world.organizationId,
  ])
  await shiftPlaces(world, 1_000_000_000_000n)
  const process = await world.addProcess({ worker: false })
  const { deletionFeed, destinationFeed } = process.app.ports

  const deletions = deletionFeed.subscribe(world.organizationId, null)
  const changes = destinationFeed.subscribe(world.organizationId, writer.destinationId)
  const [deleted, changed] = [deletions.next(), changes.next()]
  let told = false
  void Promise.all([deleted, changed]).then(() => {
    told = true
  })
  for (let number = 1; !told; number += 1) {
    await db.query(`insert into destination_deletion (id, organization_id) values ($1, $2)`, [
      `whk_new${number}`,
      world.organizationId,
    ])
    await db.query('update destination set name = name')
  }
  expect((await deleted).value!.id).toMatch(/^whk_new/)
  expect((await changed).value!.id).toBe(writer.destinationId)
  await Promise.all([deletions.return?.(), changes.return?.()])
  await writer[Symbol.asyncDispose]()
})
