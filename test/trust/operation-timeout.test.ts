import { setTimeout as pause } from 'node:timers/promises'
import { createSchema } from 'graphql-yoga'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createMaskError } from '../../src/graphql/mask-error.ts'
import { isTransient } from '../../src/storage/database-fault.ts'
import { inTime } from '../faults/extent.ts'
import { type Api, codesOf, type RawAnswer } from '../helpers/raw-operation.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { KEY, startTestServer } from '../unit/server/test-server.ts'

/** Milliseconds: more than any other statement of the test takes, also on a busy machine. */
const STATEMENT_TIMEOUT_MS = 1_500

const tryAgain = (requestId: string) =>
  `The service is temporarily unavailable. Try again in a few seconds; an event with an idempotency key is not published twice. Quote request ${requestId} if you contact support.`

/** Words of PostgreSQL, of Prisma and of our tables. */
const INNER = /timeout|cancel|statement|prisma|postgres|sql|57014|relation|"destination"|\.ts/i

const lines: { fields: { err?: Error; requestId?: string }; message: string }[] = []
const log = {
  debug() {},
  info() {},
  warn() {},
  error: (fields: object, message: string) => void lines.push({ fields, message }),
}

let world: World
beforeAll(async () => {
  world = await createWorld({ worker: false, statementTimeoutMs: STATEMENT_TIMEOUT_MS, log })
})
afterAll(() => world[Symbol.asyncDispose]())

/** Holds a lock on the table of destinations until the test is over. */
async function lockDestinations(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: world.databaseUrl })
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('begin; lock table destination in access exclusive mode')
  return client
}

async function send(query: string, { url, apiKey } = world as Required<Api>) {
  const began = performance.now()
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  const answer = (await response.json()) as RawAnswer
  return {
    answer,
    requestId: response.headers.get('x-request-id')!,
    took: performance.now() - began,
  }
}

test.each([
  ['a query by Prisma', '{ destinations { nodes { id } } }'],
  ['a mutation by SQL', 'mutation { destinationCreate(input: { name: "Late" }) { __typename } }'],
])('%s that waits for the database too long fails with the request id only', async (_, query) => {
  const client = await lockDestinations()
  const { answer, requestId, took } = await send(query)
  expect(codesOf(answer)).toEqual(['INTERNAL_SERVER_ERROR'])
  const { message } = answer.errors![0]!
  expect(message).toBe(tryAgain(requestId))
  expect(JSON.stringify(answer)).not.toMatch(INNER)
  expect(took).toBeGreaterThanOrEqual(STATEMENT_TIMEOUT_MS)
  expect(took).toBeLessThan(inTime(STATEMENT_TIMEOUT_MS + 2_000))
  const line = lines.find(({ fields }) => fields.requestId === requestId)
  expect(`${line?.fields.err}`).toMatch(/statement timeout/)
  await client.query('rollback')
  expect(codesOf((await send(query)).answer)).toEqual([])
  const { prisma } = world.app.ports.db
  expect(await prisma.destination.count({ where: { name: 'Late' } })).toBeLessThanOrEqual(1)
})

test('a transaction that Prisma cancels fails with the request id only', async () => {
  const { prisma } = world.app.ports.db
  const late = () =>
    prisma.$transaction(
      async (tx) => {
        await pause(100)
        return String(await tx.destination.count())
      },
      { timeout: 20 },
    )
  const { url } = await startTestServer({
    schema: createSchema({
      typeDefs: 'type Query { late: String! }',
      resolvers: { Query: { late } },
    }),
    maskError: createMaskError({ db: { isTransient }, log }),
  })
  const { answer, requestId } = await send('{ late }', { url, apiKey: KEY.slice('Bearer '.length) })
  expect(answer.errors![0]!.message).toBe(tryAgain(requestId))
  expect(JSON.stringify(answer)).not.toMatch(/transaction|prisma|expired|P2028/i)
  const line = lines.find(({ fields }) => fields.requestId === requestId)
  expect(`${line?.fields.err}`).toMatch(/expired transaction|Transaction already closed/)
})
