import { describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../../src/concurrency/clock.ts'
import { graphql } from '../../../src/generated/graphql/gql.ts'
import { newId } from '../../../src/storage/ids.ts'
import { latestAttempt } from '../../helpers/deliveries.ts'
import { RotateSecret, UpdateDestination } from '../../helpers/destination-operations.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { type ReceivedRequest, startReceiver } from '../../helpers/receiver.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const Headers = graphql(`
  query TestRequestHeaders($id: ID!) {
    destination(id: $id) {
      attempts(first: 100) { nodes { id number url requestHeaders { name value } delivery { id } } }
    }
  }
`)

const Histogram = graphql(`
  query TestAttemptHistogram($id: ID!, $since: DateTime, $bucketSeconds: Int) {
    destination(id: $id) {
      attemptHistogram(since: $since, bucketSeconds: $bucketSeconds) { start succeeded failed }
    }
  }
`)

const AttemptUrl = graphql(`
  query TestAttemptUrl($id: ID!) { node(id: $id) { ... on DeliveryAttempt { url } } }
`)

const AttemptUrls = graphql(`
  subscription TestAttemptUrls($after: ID) { deliveryAttempted(after: $after) { id url } }
`)

/** Headers that the HTTP client adds, which an attempt does not include. */
const ADDED = ['host', 'connection', 'content-length']

/** Returns the headers of a received request in their order, with masked signatures. */
function masked({ headers }: ReceivedRequest): [string, string][] {
  return Object.entries(headers)
    .filter(([name]) => !ADDED.includes(name))
    .map(([name, value]) => [
      name,
      String(value).replace(/[0-9a-f]{64}|[A-Za-z0-9+/]{43}=/g, '•'.repeat(8)),
    ])
}

async function toldOf(world: World, id: string) {
  const { destination } = await world.client.request(Headers, { id })
  return destination!.attempts.nodes.map((attempt) => ({
    ...attempt,
    headers: attempt.requestHeaders.map(({ name, value }) => [name.toLowerCase(), value]),
  }))
}

describe('the headers of an attempt', () => {
  test('are those that the receiver got, with masked signatures, for every attempt of a delivery', async () => {
    await using world = await createWorld()
    await using receiver = await startReceiver({ answers: [500, 200] })
    const { id, secret } = await activeDestination(world.client, { url: receiver.url })
    await publishTodo(world.client)
    await receiver.request(2)
    await expect.poll(() => toldOf(world, id)).toHaveLength(2)
    const told = await toldOf(world, id)
    expect(told.map(({ headers }) => headers)).toEqual(receiver.requests.map(masked).toReversed())
    expect(JSON.stringify(told)).not.toContain(receiver.requests[0]!.headers['x-webhook-signature'])
    expect(JSON.stringify(told)).not.toContain(secret.slice(6))
  })

  test('include the second signature during an overlap of secrets', async () => {
    await using world = await createWorld()
    await using receiver = await startReceiver()
    const { id } = await activeDestination(world.client, { url: receiver.url })
    await world.client.request(RotateSecret, { id, overlapSeconds: 3600 })
    await publishTodo(world.client)
    const request = await receiver.request()
    await latestAttempt(world.client, id)
    const [attempt] = await toldOf(world, id)
    expect(attempt!.headers).toEqual(masked(request))
    expect(attempt!.headers).toContainEqual(['x-webhook-signature-previous', '•'.repeat(8)])
  })

  test('are empty if nothing was sent', async () => {
    await using world = await createWorld()
    const { id } = await activeDestination(world.client, {
      url: 'http://127.0.0.1:4001/never-sent',
    })
    await world.app.ports.db.query('update signing_secret set current = $1', ['v1.lost.AAAA.AAAA'])
    await publishTodo(world.client)
    await latestAttempt(world.client, id)
    const [attempt] = await toldOf(world, id)
    expect(attempt!.headers).toEqual([])
    expect(attempt!.url).toBeNull()
  })
})

test('an attempt has the URL to which it was sent, in lists, by id and in the feed', async () => {
  await using world = await createWorld()
  const { client } = world
  await using before = await startReceiver({ answers: [500] })
  await using after = await startReceiver()
  const { id } = await activeDestination(client, { url: before.url })
  await publishTodo(client)
  await latestAttempt(client, id)
  await client.request(UpdateDestination, { id, input: { url: after.url } })
  await after.request()
  await expect.poll(() => toldOf(world, id)).toHaveLength(2)
  const told = await toldOf(world, id)
  expect(told.map(({ url }) => url)).toEqual([after.url, before.url])
  const feed = client.subscribe(AttemptUrls, { after: told[1]!.id })
  const { value: fed } = await feed.next()
  expect(fed!.deliveryAttempted).toEqual({ id: told[0]!.id, url: after.url })
  const { node } = await client.request(AttemptUrl, { id: told[1]!.id })
  expect(node).toEqual({ url: before.url })
  await feed.return?.()
})

describe('the histogram of attempts', () => {
  const NOW = Date.now()
  /** A minute that ends between two readings of the time would add an interval. */
  const STOPPED: Clock = { ...systemClock, now: () => NOW }

  /** Records attempts of a new destination that began some seconds ago and have just ended. */
  async function attemptsOf(world: World, ages: number[], status: 'SUCCEEDED' | 'FAILED') {
    const { db, lowestId } = world.app.ports
    await db.query(
      `insert into delivery_attempt (
        id, delivery_id, destination_id, organization_id, event_type, number, status, attempted_at, duration_ms
      )
      select attempt.id, delivery.id, destination_id, $4, 'todo_created', row_number() over () + attempt_count,
        $3::attempt_status, attempt.at, 1
      from unnest($1::text[], $2::timestamptz[]) as attempt (id, at), delivery`,
      [
        // The id is as old as the attempt at most, which is what the index is searched by.
        ages.map((age) => {
          const start = lowestId('att', new Date(NOW - age * 1000)).slice(0, 14)
          return start + newId('att').slice(14)
        }),
        ages.map((age) => new Date(NOW - age * 1000)),
        status,
        world.organizationId,
      ],
    )
    await db.query('update delivery set attempt_count = attempt_count + $1', [ages.length])
  }

  async function aDelivery(world: World): Promise<string> {
    const { id } = await activeDestination(world.client, {
      url: 'http://127.0.0.1:4001/never-sent',
    })
    await publishTodo(world.client)
    return id
  }

  const read = async (world: World, id: string, options: object = {}) => {
    const { destination } = await world.client.request(Histogram, { id, ...options })
    return destination!.attemptHistogram
  }

  test('counts both outcomes, and includes intervals without attempts', async () => {
    await using world = await createWorld({ worker: false, clock: STOPPED })
    const id = await aDelivery(world)
    await attemptsOf(world, [60, 61, 600], 'SUCCEEDED')
    await attemptsOf(world, [600, 4000], 'FAILED')
    const minutes = await read(world, id)
    expect(minutes).toHaveLength(60)
    const starts = minutes.map(({ start }) => Date.parse(start))
    expect(starts.every((start, place) => start === starts[0]! + place * 60_000)).toBe(true)
    expect(starts[0]! % 60_000).toBe(0)
    expect(NOW - starts.at(-1)!).toBeLessThan(61_000)
    const total = (of: 'succeeded' | 'failed') => minutes.reduce((sum, one) => sum + one[of], 0)
    expect([total('succeeded'), total('failed')]).toEqual([3, 1])
    const both = minutes.filter(({ succeeded, failed }) => succeeded === 1 && failed === 1)
    expect(NOW - Date.parse(both[0]!.start)).toBeGreaterThan(540_000)
    const hours = await read(world, id, {
      bucketSeconds: 3600,
      since: new Date(NOW - 7_200_000).toISOString(),
    })
    expect(hours).toHaveLength(3)
    expect(hours.reduce((sum, { failed }) => sum + failed, 0)).toBe(2)
  })

  test('has at most 120 intervals of 1 s to 1 h, and none in the future', async () => {
    await using world = await createWorld({ worker: false, clock: STOPPED })
    const { client } = world
    const id = await aDelivery(world)
    const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString()
    expect(await read(world, id, { since: ago(118 * 60) })).toHaveLength(119)
    expect(await read(world, id, { since: ago(-120) })).toEqual([])
    for (const refused of [
      { since: ago(121 * 60) },
      { since: '0001-01-01T00:00:00Z', bucketSeconds: 1 },
      { bucketSeconds: 0 },
      { bucketSeconds: 3601 },
    ]) {
      await expect(client.request(Histogram, { id, ...refused })).rejects.toThrow(
        /intervals|bucketSeconds/,
      )
    }
  })

  test('does not count attempts of other destinations or organizations', async () => {
    await using world = await createWorld({ worker: false, clock: STOPPED })
    await aDelivery(world)
    await attemptsOf(world, [60], 'SUCCEEDED')
    const { id } = await activeDestination(world.client, {
      url: 'http://127.0.0.1:4001/never-sent',
    })
    expect((await read(world, id)).every(({ succeeded }) => succeeded === 0)).toBe(true)
  })
})
