import { expect, test } from 'vitest'
import type { GraphqlClient } from '../../../src/cli/graphql-client.ts'
import type { EventPublishInput } from '../../../src/generated/graphql/graphql.ts'
import { ListEvents, todoNumber } from '../../helpers/delivery-operations.ts'
import { readDestination } from '../../helpers/destination-operations.ts'
import { startMarker } from '../../helpers/marker.ts'
import { activeDestination, PublishEvent, PublishEvents, todo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

const input = (idempotencyKey: string | null, description = 'Call back'): EventPublishInput => ({
  event: 'TODO_CREATED',
  data: todo(description),
  idempotencyKey,
})

async function publishOne(client: GraphqlClient, one: EventPublishInput) {
  return (await client.request(PublishEvent, { input: one })).eventPublish
}

async function publishMany(client: GraphqlClient, inputs: EventPublishInput[]) {
  return (await client.request(PublishEvents, { inputs })).eventPublishMany
}

async function countEvents(client: GraphqlClient): Promise<number> {
  return (await client.request(ListEvents)).events.nodes.length
}

test('100 concurrent calls with one key, on two processes, publish one event with one delivery', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver()
  await using marker = await startMarker(client)
  const { id } = await activeDestination(client, { url: receiver.url })
  const { url } = await world.addProcess({ worker: false })
  const other = await world.clientFor('Acme', undefined, url)
  const calls = Array.from({ length: 100 }, (_, index) =>
    publishOne(index % 2 ? client : other, input('key-1')),
  )
  const answers = (await Promise.all(calls)).map((answer) => {
    if (answer.__typename !== 'EventPublished') throw new Error(answer.message)
    return answer
  })
  expect(new Set(answers.map(({ event }) => event.id)).size).toBe(1)
  expect(answers.filter(({ duplicate }) => !duplicate)).toMatchObject([{ deliveryCount: 1 }])
  expect(answers.filter(({ duplicate }) => duplicate)).toHaveLength(99)
  await marker.pass()
  expect(receiver.requests).toHaveLength(1)
  expect((await readDestination(client, id)).deliveries).toHaveLength(1)
  expect(await countEvents(client)).toBe(2)
})

test('another event with the same key is refused, and the refusal has the first one', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const first = await publishOne(client, input('key-1'))
  if (first.__typename !== 'EventPublished') expect.fail('not published')
  const summary = { meeting_id: 'mtg_1', session_id: 'ses_1', summary: 'Short' }
  const relations = { associatedDealIds: ['deal_1'] }
  const others: EventPublishInput[] = [
    input('key-1', 'Another one'),
    { ...input('key-1'), relations },
    { ...input('key-1'), timestamp: '2025-10-10T14:30:00.000Z' },
    { event: 'SUMMARY_CREATED', data: summary, idempotencyKey: 'key-1' },
  ]
  for (const other of others) {
    expect(await publishOne(client, other)).toMatchObject({
      __typename: 'IdempotencyConflictError',
      event: { id: first.event.id },
    })
  }
  expect(await countEvents(client)).toBe(1)
})

/** The same event with the members of its data, and of what it contains, in the opposite order. */
function reordered(one: EventPublishInput): EventPublishInput {
  const reverse = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(reverse)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .toReversed()
              .map(([key, member]) => [key, reverse(member)]),
          )
        : value
  return { ...one, data: reverse(one.data) }
}

const nested = (idempotencyKey: string): EventPublishInput => ({
  ...input(idempotencyKey),
  data: { ...todo('Call back'), extra: { b: [1, { d: 'ü', c: null }], a: 2 } },
})

test('the same key with the members of data in another order is the same event, and the stored text stays', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const first = await publishOne(client, nested('key-1'))
  if (first.__typename !== 'EventPublished') expect.fail('not published')
  const repeat = { duplicate: true, deliveryCount: 0, event: { id: first.event.id } }
  expect(await publishOne(client, reordered(nested('key-1')))).toMatchObject(repeat)
  const other = { ...nested('key-1'), data: { ...todo('Call back'), extra: { a: 2 } } }
  expect(await publishOne(client, other)).toMatchObject({ __typename: 'IdempotencyConflictError' })
  const batch = await publishMany(client, [
    reordered(nested('key-1')),
    nested('key-2'),
    reordered(nested('key-2')),
  ])
  if (batch.__typename !== 'EventsPublished') expect.fail(batch.message)
  expect(batch.results).toMatchObject([repeat, { duplicate: false }, { duplicate: true }])
  const { prisma } = world.app.ports.db
  const stored = await prisma.event.findMany({ orderBy: { id: 'asc' } })
  expect(stored.map(({ data }) => data)).toEqual([1, 2].map(() => JSON.stringify(nested('').data)))
})

test('100 concurrent calls with two orders of the same data, on two processes, publish one event', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const { url } = await world.addProcess({ worker: false })
  const other = await world.clientFor('Acme', undefined, url)
  const calls = Array.from({ length: 100 }, (_, index) =>
    publishOne(
      index % 2 ? client : other,
      index % 3 ? nested('key-1') : reordered(nested('key-1')),
    ),
  )
  const answers = await Promise.all(calls)
  expect(answers.filter(({ __typename }) => __typename === 'EventPublished')).toHaveLength(100)
  expect(await countEvents(client)).toBe(1)
})

test('of two concurrent events with one key, one is published and the other refused', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const { url } = await world.addProcess({ worker: false })
  const other = await world.clientFor('Acme', undefined, url)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      publishOne(index % 2 ? client : other, input('key-1', String(index % 2))),
    ),
  )
  const of = (typename: string) => answers.filter(({ __typename }) => __typename === typename)
  expect(of('EventPublished')).toHaveLength(10)
  expect(of('IdempotencyConflictError')).toHaveLength(10)
  expect(await countEvents(client)).toBe(1)
})

test('keys belong to one organization', async () => {
  await using world = await createWorld({ worker: false })
  const other = await world.clientFor('Other')
  for (const client of [world.client, other]) {
    const answer = await publishOne(client, input('key-1'))
    expect(answer).toMatchObject({ __typename: 'EventPublished', duplicate: false })
  }
})

test('one invalid event refuses the whole call, and the paths begin with its index', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const bad = { ...input(null), data: { todo_id: 7 } }
  const answer = await publishMany(client, [input('key-1'), bad, input(''), input(null)])
  if (answer.__typename !== 'ValidationError') expect.fail('not refused')
  const paths = answer.issues.map(({ path }) => path.join('.'))
  expect(paths).toContain('1.data.todo_id')
  expect(paths).toContain('2.idempotencyKey')
  expect(paths.filter((path) => !/^[12]\./.test(path))).toEqual([])
  expect(await countEvents(client)).toBe(0)
  const after = await publishOne(client, input('key-1'))
  expect(after).toMatchObject({ __typename: 'EventPublished', duplicate: false })
})

test('one conflicting key refuses the whole call', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const first = await publishOne(client, input('key-1'))
  if (first.__typename !== 'EventPublished') expect.fail('not published')
  const answer = await publishMany(client, [input('key-2'), input('key-1', 'Another one')])
  expect(answer).toMatchObject({
    __typename: 'IdempotencyConflictError',
    event: { id: first.event.id },
  })
  expect(await countEvents(client)).toBe(1)
})

test('a key that occurs twice in one call is one event, or refuses the call if the events differ', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver()
  await activeDestination(client, { url: receiver.url })
  const differing = await publishMany(client, [
    input('key-1', '1'),
    input(null),
    input('key-1', '2'),
  ])
  expect(differing).toMatchObject({
    __typename: 'ValidationError',
    issues: [{ path: ['2', 'idempotencyKey'] }],
  })
  expect(await countEvents(client)).toBe(0)
  const same = await publishMany(client, [
    input('key-1', '1'),
    input('key-1', '1'),
    input(null, '2'),
  ])
  if (same.__typename !== 'EventsPublished') expect.fail(same.message)
  expect(same.results).toMatchObject([
    { duplicate: false, deliveryCount: 1 },
    { duplicate: true, deliveryCount: 0 },
    { duplicate: false, deliveryCount: 1 },
  ])
  expect(same.results[1]!.event.id).toBe(same.results[0]!.event.id)
  await receiver.request(2)
  expect(receiver.requests.map(todoNumber).sort()).toEqual([1, 2])
})

test('the key "null" is a key like any other', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  await publishOne(client, input('null', 'With a key'))
  const answer = await publishMany(client, [input('null', 'With a key'), input(null), input(null)])
  if (answer.__typename !== 'EventsPublished') expect.fail(answer.message)
  expect(answer.results.map(({ duplicate }) => duplicate)).toEqual([true, false, false])
  expect(await countEvents(client)).toBe(3)
})

test('a call has 1 to 1,000 events', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  for (const count of [0, 1001]) {
    const answer = await publishMany(client, Array(count).fill(input(null)))
    expect(answer).toMatchObject({ __typename: 'ValidationError' })
  }
  const answer = await publishMany(client, Array(1000).fill(input(null)))
  expect(answer).toMatchObject({ __typename: 'EventsPublished' })
})
