import { setTimeout as pause } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/concurrency/clock.ts'
import { UnknownAttemptError } from '../../../src/feed/attempt-cursor.ts'
import type { AttemptFeedFilter } from '../../../src/feed/attempt-feed.ts'
import { attemptLog, startAttemptWriter } from '../../helpers/attempt-writer.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const feedWorld = () => createWorld({ worker: false })

/** Subscribes directly to the feed of the world's process. A null is read to begin with now, once and for all. */
function subscribe(world: World, after: string | null, filter: Partial<AttemptFeedFilter> = {}) {
  const { attemptFeed } = world.app.ports
  const { organizationId } = world
  const all = { organizationId, destinationId: null, eventTypes: null, statuses: null, ...filter }
  return attemptFeed.subscribe(
    all,
    after === null ? null : () => attemptFeed.positionAfter(all.organizationId, after),
  )
}

type Feed = ReturnType<typeof subscribe>

/** A subscription that has certainly begun: it waits for its first attempt. */
async function begun(world: World, record: () => Promise<unknown>, filter = {}): Promise<Feed> {
  const feed = subscribe(world, null, filter)
  const first = feed.next()
  // The subscription queries its start position, and emits attempts that are recorded after it.
  while (!(await Promise.race([first.then(() => true), record().then(() => pause(5))])));
  return feed
}

async function take(feed: Feed, count: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) ids.push((await feed.next()).value.id)
  return ids
}

async function takeUntil(feed: Feed, last: string): Promise<string[]> {
  const ids: string[] = []
  while (ids.at(-1) !== last) ids.push(...(await take(feed, 1)))
  return ids
}

test('a subscriber that does not pull misses none of 2,500 attempts, and delays no other subscriber', async () => {
  await using world = await feedWorld()
  await using writer = await startAttemptWriter(world)
  const slow = await begun(world, () => writer.record(1))
  const [start] = await writer.record(1)
  await takeUntil(slow, start!)
  const quick = subscribe(world, start!)

  const recorded: string[] = []
  for (let group = 0; group < 25; group += 1) {
    const ids = await writer.record(100)
    recorded.push(...ids)
    expect(await take(quick, 100)).toEqual(ids)
  }

  expect(await take(slow, 2_500)).toEqual(recorded)
  expect((await attemptLog(world)).slice(-2_500)).toEqual(recorded)
})

test('the queue of a subscriber that does not pull is bounded, and the rest is read from the table', async () => {
  await using world = await feedWorld()
  await using writer = await startAttemptWriter(world)
  const slow = await begun(world, () => writer.record(1))
  const [start] = await writer.record(1)
  await takeUntil(slow, start!)
  const quick = subscribe(world, start!)
  for (let group = 0; group < 10; group += 1) {
    await writer.record(100)
    await take(quick, 100)
  }

  await world.app.ports.db.query('delete from delivery_attempt where true')
  const [marker] = await writer.record(1)

  expect((await takeUntil(slow, marker!)).length).toBeLessThanOrEqual(257)
})

test('attempts that waited in memory for long are read again, because they can have been erased', async () => {
  let later = 0
  const clock = { ...systemClock, now: () => systemClock.now() + later }
  await using world = await createWorld({ worker: false, clock })
  await using writer = await startAttemptWriter(world)
  const { db } = world.app.ports
  const slow = await begun(world, () => writer.record(1))
  const quick = await begun(world, () => writer.record(1))
  const [start] = await writer.record(1)
  for (const feed of [slow, quick]) await takeUntil(feed, start!)
  const ids = await writer.record(3)
  const answer = (text: string | null) =>
    db.query('update delivery_attempt set response_body = $1', [text])
  await take(quick, 3)

  await answer('as it was read again')
  expect((await slow.next()).value).toMatchObject({ id: ids[0], responseBody: null })
  later = 5_001
  for (const id of ids.slice(1)) {
    expect((await slow.next()).value).toMatchObject({ id, responseBody: 'as it was read again' })
  }
  const [last] = await writer.record(1)
  expect(await take(slow, 1)).toEqual([last])
})

test('reading again begins after the attempts that the filter excluded', async () => {
  let later = 0
  const clock = { ...systemClock, now: () => systemClock.now() + later }
  await using world = await createWorld({ worker: false, clock })
  await using writer = await startAttemptWriter(world)
  await using other = await startAttemptWriter(world)
  const { destinationId } = writer
  const slow = await begun(world, () => writer.record(1), { destinationId })
  const quick = await begun(world, () => writer.record(1))
  const [start] = await writer.record(1)
  for (const feed of [slow, quick]) await takeUntil(feed, start!)
  const leftOut = await other.record(50)
  const [wanted] = await writer.record(1)
  await take(quick, 51)

  later = 5_001
  const query = vi.spyOn(world.app.ports.db, 'query')
  expect(await take(slow, 1)).toEqual([wanted])
  const places = query.mock.calls.flatMap(([text, values]) =>
    text.includes('organization_id = $1') ? [values?.[2]] : [],
  )
  expect(places).toEqual([leftOut.at(-1)])
})

test('an open transaction delays later attempts, and none is lost or reordered', async () => {
  await using world = await feedWorld()
  await using writer = await startAttemptWriter(world, { connections: 2 })
  const feed = await begun(world, () => writer.record(1))
  const [start] = await writer.record(1)
  await takeUntil(feed, start!)

  let later: string[] = []
  const earlier = await writer.record(2, {
    beforeCommit: async () => {
      later = await writer.record(3)
    },
  })

  expect(await take(feed, 5)).toEqual([...earlier, ...later])
  expect(await take(subscribe(world, start!), 5)).toEqual([...earlier, ...later])
  expect((await attemptLog(world)).slice(-5)).toEqual([...earlier, ...later])
})

test('five subscribers, of which four reconnect, receive the attempts of eight concurrent writers once each and in order', async () => {
  await using world = await feedWorld()
  await using writer = await startAttemptWriter(world, { connections: 8 })
  const constant = await begun(world, () => writer.record(1))
  const [start] = await writer.record(1)
  await takeUntil(constant, start!)
  const count = 8 * 20 * 3

  const write = async (lane: number) => {
    for (let round = 0; round < 20; round += 1) {
      await writer.record(3, { beforeCommit: () => pause((lane * 7 + round * 13) % 30) })
    }
  }
  const reconnecting = async (each: number) => {
    const seen: string[] = []
    while (seen.length < count) {
      const feed = subscribe(world, seen.at(-1) ?? start!)
      seen.push(...(await take(feed, Math.min(each, count - seen.length))))
      await feed.return?.()
    }
    return seen
  }
  const [seen, ...others] = await Promise.all([
    take(constant, count),
    ...[1, 7, 40, 230].map(reconnecting),
    ...Array.from({ length: 8 }, (_, lane) => write(lane)),
  ])

  const log = (await attemptLog(world)).slice(-count)
  expect(seen).toEqual(log)
  expect(others.slice(0, 4)).toEqual([log, log, log, log])
})

test('when the listening connection is killed again and again, a subscriber sees no gap and no repetition', async () => {
  await using world = await feedWorld()
  await using writer = await startAttemptWriter(world)
  const feed = await begun(world, () => writer.record(1))
  const [start] = await writer.record(1)
  await takeUntil(feed, start!)

  const recorded: string[] = []
  for (let round = 0; round < 5; round += 1) {
    recorded.push(...(await writer.record(10)))
    const killed = await world.app.ports.db.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'bigmind-webhooks listener' and datname = current_database()`,
    )
    recorded.push(...(await writer.record(10)))
    expect(killed.length).toBeLessThanOrEqual(1)
    expect(await take(feed, 20)).toEqual(recorded.slice(-20))
  }
})

test('filters apply to the history and to live attempts', async () => {
  await using world = await feedWorld()
  await using one = await startAttemptWriter(world)
  await using other = await startAttemptWriter(world)
  const [start] = await one.record(1)
  const filters = {
    destination: { destinationId: one.destinationId },
    event: { eventTypes: ['email_sent', 'todo_updated'] },
    status: { statuses: ['FAILED'] as const },
    all: {
      destinationId: other.destinationId,
      eventTypes: ['email_sent'],
      statuses: ['SUCCEEDED'] as const,
    },
  }
  const feeds = Object.entries(filters).map(([name, filter]) => ({
    name,
    feed: subscribe(world, start!, filter),
  }))

  const write = async () => ({
    plain: await one.record(2),
    email: await other.record(2, { eventType: 'email_sent' }),
    failed: await other.record(1, { status: 'FAILED' }),
    failedEmail: await one.record(1, { eventType: 'email_sent', status: 'FAILED' }),
  })
  const expected = ({ plain, email, failed, failedEmail }: Awaited<ReturnType<typeof write>>) => ({
    destination: [...plain, ...failedEmail],
    event: [...email, ...failedEmail],
    status: [...failed, ...failedEmail],
    all: email,
  })
  const history = expected(await write())
  for (const { name, feed } of feeds) {
    const wanted = history[name as keyof typeof history]
    expect(await take(feed, wanted.length)).toEqual(wanted)
  }
  const waiting = feeds.map(({ feed }) => feed.next())
  const live = expected(await write())
  for (const [index, { name, feed }] of feeds.entries()) {
    const wanted = live[name as keyof typeof live]
    const first = (await waiting[index]!).value.id
    expect([first, ...(await take(feed, wanted.length - 1))]).toEqual(wanted)
  }
})

test('starting after an attempt that is unknown or of another organization is refused', async () => {
  await using world = await feedWorld()
  await using writer = await startAttemptWriter(world)
  const [known] = await writer.record(1)

  await expect(subscribe(world, 'att_unknown').next()).rejects.toThrow(UnknownAttemptError)
  const foreign = subscribe(world, known!, { organizationId: 'org_another' })
  await expect(foreign.next()).rejects.toThrow(UnknownAttemptError)
  expect(await foreign.next()).toEqual({ value: undefined, done: true })
})
