import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { todo } from '../helpers/operations.ts'
import { ask, codesOf, type RawAnswer } from '../helpers/raw-operation.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { KEY, startTestServer } from '../unit/server/test-server.ts'

const MEGABYTE = 1_000_000

/** Milliseconds of processor time, client and server together, that a refusal may take. */
const CHEAP = 50

let world: World
beforeAll(async () => {
  world = await createWorld({ worker: false })
})
afterAll(() => world[Symbol.asyncDispose]())

const repeat = (count: number, one: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => one(index)).join(' ')

/** `viewer` says whether anything was resolved. */
const deep = (fields: number) =>
  `{ viewer ${'friend { '.repeat(fields - 1)} name ${'} '.repeat(fields - 1)} }`
const aliased = (count: number) => `{ ${repeat(count, (index) => `a${index}: viewer`)} }`
const directed = (count: number) => `{ ${repeat(count, () => 'viewer @include(if: true)')} }`
/** Operations of 5 tokens each, and the rest in the first, which is the one that is run. */
const worded = (tokens: number) =>
  `query A { viewer ${repeat(tokens % 5, () => 'viewer')} } ${repeat(
    Math.floor(tokens / 5) - 1,
    (index) => `query B${index} { viewer }`,
  )}`

describe('a document at the limit is executed, and one above is refused before anything runs', () => {
  test.each([
    ['15 levels', deep, 15],
    ['50 aliases', aliased, 50],
    ['50 directives', directed, 50],
    ['2,000 tokens', worded, 2_000],
  ])('%s', async (_, make, limit) => {
    const { url, world: server } = await startTestServer()
    const send = async (query: string) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { authorization: KEY, 'content-type': 'application/json' },
        body: JSON.stringify({ query, ...(query.startsWith('query A') && { operationName: 'A' }) }),
      })
      return (await response.json()) as RawAnswer
    }
    expect((await send(make(limit))).errors).toBeUndefined()
    const resolved = server.resolved
    expect(resolved).toBeGreaterThan(0)
    const answer = await send(make(limit + 1))
    expect(new Set(codesOf(answer))).toEqual(new Set(['QUERY_TOO_COMPLEX']))
    expect(answer.errors![0]!.message).toContain(String(limit))
    expect(server.resolved).toBe(resolved)
    expect(await cheapest(() => send(make(limit + 1)))).toBeLessThan(CHEAP)
    expect(await cheapest(() => send(make(limit * 5)))).toBeLessThan(CHEAP)
  })
})

/** Fragments that each hold the next twice: a handful of lines that would be 2^100 fields written out. */
const doubling = Array.from(
  { length: 100 },
  (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`,
).join(' ')
const described = '__schema { types { fields { name type { fields { name description } } } } }'
const wholeTypes = repeat(49, (index) => `a${index}: ${described}`)

describe('a small operation that is expensive to execute is refused at once', () => {
  test.each([
    ['fragments that double', `{ ...F0 } ${doubling} fragment F100 on Query { viewer { scopes } }`],
    [
      'fragments in a circle',
      '{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }',
    ],
    ['one field, asked for again and again', `{ ${'__typename '.repeat(1_990)} }`],
    ['fields that do not exist', `{ ${repeat(1_990, (index) => `destinatios${index}`)} }`],
    ['the schema under 49 names', `{ ${wholeTypes} }`],
    [
      'introspection with a cycle',
      `{ __schema { types ${'{ fields { type '.repeat(4)} { name } ${'} }'.repeat(4)} } }`,
    ],
    ['a megabyte of braces', '{'.repeat(990_000)],
    ['a name of a megabyte', `{ ${'x'.repeat(990_000)} }`],
  ])('%s', async (_, query) => {
    const { url } = world
    const answer = await ask({ url }, query)
    expect(answer.data).toBeUndefined()
    expect(codesOf(answer)).not.toContain('INTERNAL_SERVER_ERROR')
    expect(JSON.stringify(answer).length).toBeLessThan(50_000)
    expect(await cheapest(() => ask({ url }, query))).toBeLessThan(CHEAP)
  })

  test.each([
    [
      'keys that no input has',
      Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`even${index}`, 1])),
    ],
    [
      'long keys',
      Object.fromEntries(Array.from({ length: 60 }, (_, index) => ['x'.repeat(16_000) + index, 1])),
    ],
    ['a text', 'x'.repeat(990_000)],
  ])('variables with %s are not repeated for each of their faults', async (_, input) => {
    const publish =
      'mutation ($input: EventPublishInput!) { eventPublish(input: $input) { __typename } }'
    const answer = await ask(world, publish, { input })
    expect(new Set(codesOf(answer))).toEqual(new Set(['BAD_USER_INPUT']))
    expect(JSON.stringify(answer).length).toBeLessThan(5_000)
  })
})

/** The least processor time of some turns, in milliseconds: others run on this machine too. */
async function cheapest(work: () => Promise<unknown>): Promise<number> {
  const turns: number[] = []
  for (let turn = 0; turn < 5; turn += 1) {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    turns.push((user + system) / 1_000)
  }
  return Math.min(...turns)
}

const nodes = (list: string, within = '') => `${list} { nodes { id ${within} } }`

describe('the cost of a query', () => {
  const costly = (first: number) =>
    `{ ${nodes('destinations(first: 100)', nodes(`attempts(first: ${first})`))} }`
  const long = (first: number) =>
    `query ($n: Int) { ${nodes(
      'destinations(first: $n)',
      nodes('deliveries(first: $n)') + nodes(` attempts(first: ${first})`),
    )} }`

  test.each([
    ['a cost of 50,000', costly, 30],
    ['20,000 rows', long, 99],
  ])('%s is answered, and more is refused', async (_, make, most) => {
    expect(codesOf(await ask(world, make(most), { n: 1 }))).toEqual([])
    const refused = await ask(world, make(most + 1), { n: 1 })
    expect(codesOf(refused)).toEqual(['QUERY_TOO_COMPLEX'])
    expect(refused.data).toBeUndefined()
  })
})

describe('the size of a list', () => {
  const LISTS = [
    'destinations(first: $n) { nodes { id } }',
    'events(first: $n) { nodes { id } }',
    'destinations { nodes { deliveries(first: $n) { nodes { id } } } }',
    'destinations { nodes { attempts(first: $n) { nodes { id } } } }',
    'events { nodes { deliveries(first: $n) { nodes { id } } } }',
  ]

  beforeAll(async () => {
    await ask(
      world,
      `mutation ($data: JSON!) {
        destinationCreate(input: { name: "One" }) { __typename }
        eventPublish(input: { event: TODO_CREATED, data: $data }) { __typename }
      }`,
      { data: todo('Call') },
    )
  })

  test.each(LISTS)('%s takes 1 to 100', async (list) => {
    const query = `query ($n: Int) { ${list} }`
    for (const n of [1, 100, null]) expect(codesOf(await ask(world, query, { n }))).toEqual([])
    for (const n of [0, 101, -1, -1000, 2 ** 31, 1e9, '5', 1.5]) {
      const answer = await ask(world, query, { n })
      expect(codesOf(answer), String(n)).toEqual(['BAD_USER_INPUT'])
      expect(answer.data ?? null).toBeNull()
    }
    for (const n of [0, 101, -1000]) {
      const answer = await ask(world, `{ ${list.replace('$n', String(n))} }`)
      expect(codesOf(answer), String(n)).toEqual(['BAD_USER_INPUT'])
    }
  })

  test('nodes takes 100 ids', async () => {
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `whk_${index}`)
    expect((await ask(world, query, { ids: ids(100) })).data.nodes).toHaveLength(100)
    expect(codesOf(await ask(world, query, { ids: ids(101) }))).toEqual(['BAD_USER_INPUT'])
  })
})

test('a call publishes up to 1,000 events, and with 1,001 none', async () => {
  const publish = (count: number) =>
    ask(
      world,
      'mutation ($inputs: [EventPublishInput!]!) { eventPublishMany(inputs: $inputs) { __typename } }',
      {
        inputs: Array.from({ length: count }, () => ({
          event: 'TODO_CREATED',
          data: todo('Call'),
        })),
      },
    )
  const events = () => world.app.ports.db.prisma.event.count()
  const before = await events()
  expect((await publish(1_001)).data.eventPublishMany.__typename).toBe('ValidationError')
  expect(await events()).toBe(before)
  expect((await publish(1_000)).data.eventPublishMany.__typename).toBe('EventsPublished')
  expect(await events()).toBe(before + 1_000)
})

describe('a body', () => {
  /** Sends the body, with its length or chunked. Returns the status. */
  const status = (body: string, chunked = false) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${world.apiKey}`,
        'content-type': 'application/json',
        ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.length }),
      }
      const sending = request(`${world.url}/graphql`, { method: 'POST', headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sending.on('error', reject)
      sending.end(body)
    })
  const operation = JSON.stringify({ query: '{ viewer { scopes } }' })

  test.each([false, true])(
    'of 1 MB is taken, a byte more is not (chunked: %s)',
    async (chunked) => {
      expect(await status(operation.padEnd(MEGABYTE), chunked)).toBe(200)
      expect(await status(operation.padEnd(MEGABYTE + 1), chunked)).toBe(413)
    },
  )

  test.each([false, true])(
    'is refused for its size before it is parsed (chunked: %s)',
    async (chunked) => {
      expect(await status('{'.padEnd(MEGABYTE, '['), chunked)).toBe(400)
      expect(await status('{'.padEnd(MEGABYTE + 1, '['), chunked)).toBe(413)
    },
  )

  test('with a batch of operations runs none of them', async () => {
    const create = 'mutation { destinationCreate(input: { name: "batched" }) { __typename } }'
    const batch = JSON.stringify([{ query: create }, { query: create }])
    expect(await status(batch)).toBe(400)
    const { prisma } = world.app.ports.db
    expect(await prisma.destination.count({ where: { name: 'batched' } })).toBe(0)
  })
})
