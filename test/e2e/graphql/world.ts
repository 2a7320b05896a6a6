import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { type ExecutionResult, execute, parse, subscribe, validate } from 'graphql'
import pg from 'pg'
import { afterAll, expect } from 'vitest'
import type { Viewer } from '../../../src/access/authentication.ts'
import { SCOPES, type Scope } from '../../../src/domain/api-key.ts'
import type { Context } from '../../../src/graphql/context.ts'
import { createSchema } from '../../../src/graphql/schema.ts'
import { createApp } from '../../../src/process/app.ts'
import { newId } from '../../../src/storage/ids.ts'
import { createDatabase } from '../../helpers/database.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
type Answer = ExecutionResult<any>

/** The schema over a database of its own, without a server and without a worker: nothing is sent. */
export async function createGraphqlWorld() {
  const database = await createDatabase()
  const app = await createApp({
    databaseUrl: database.url,
    encryptionKeys: [{ id: 'test', key: randomBytes(32) }],
    addressPolicy: { allowHttp: false, allowNetworks: [], denyNetworks: [] },
    retentionDays: 30,
    version: 'test',
    log: silent,
  })
  afterAll(() => app.close())
  const schema = createSchema()
  const { prisma } = app.ports.db
  await app.createPlatformKey({ name: 'test', scopes: SCOPES })
  const { id: apiKeyId } = await prisma.apiKey.findFirstOrThrow()

  /** Only valid documents get as far as here, as with the server. */
  function prepare(viewer: Viewer | null, source: string, variableValues: object) {
    const document = parse(source)
    expect(validate(schema, document)).toEqual([])
    const contextValue: Context = { viewer, ports: app.ports, requestId: 'req_test' }
    return { schema, document, variableValues: { ...variableValues }, contextValue }
  }

  async function run(viewer: Viewer | null, source: string, variables = {}): Promise<Answer> {
    return asSent(await execute(prepare(viewer, source, variables)))
  }

  return {
    app,
    prisma,
    run,

    /** @returns the stream of answers, or the one answer when there is no stream */
    subscribe: async (viewer: Viewer | null, source: string, variables = {}) =>
      (await subscribe(prepare(viewer, source, variables))) as AsyncGenerator<Answer> & Answer,

    /** The host product's backend, acting for a new organization. */
    async createViewer(scopes: readonly Scope[] = SCOPES): Promise<Viewer> {
      const organizationId = newId('org')
      await prisma.organization.create({ data: { id: organizationId, name: organizationId } })
      return { organizationId, apiKeyId, scopes: new Set(scopes) }
    },

    /** An ACTIVE destination that selects all of `events`. */
    async createDestination(viewer: Viewer, events = ['SUMMARY_CREATED'], name = 'CRM') {
      const input = { name, url: 'https://example.com/webhooks', events }
      const { data } = await run(
        viewer,
        `mutation ($input: DestinationCreateInput!) {
          destinationCreate(input: $input) { ... on Destination { id } }
        }`,
        { input },
      )
      const { id } = data.destinationCreate as { id: string }
      await run(viewer, 'mutation ($id: ID!) { destinationActivate(id: $id) { __typename } }', {
        id,
      })
      return id
    },

    /** @returns the ids of as many events, oldest first */
    async publish(viewer: Viewer, count: number, input: object = {}): Promise<string[]> {
      const inputs = Array.from({ length: count }, (_, index) => ({ ...summary(index), ...input }))
      const { data } = await run(
        viewer,
        `mutation ($inputs: [EventPublishInput!]!) {
          eventPublishMany(inputs: $inputs) { ... on EventsPublished { results { event { id } } } }
        }`,
        { inputs },
      )
      const { results } = data.eventPublishMany as { results: { event: { id: string } }[] }
      return results.map(({ event }) => event.id)
    },

    /** Records a failed attempt of every delivery, as a worker would. */
    async recordAttempts({ organizationId }: Viewer): Promise<void> {
      const where = { destination: { organizationId } }
      const orderBy = { id: 'asc' } as const
      for (const delivery of await prisma.delivery.findMany({ where, orderBy })) {
        await prisma.deliveryAttempt.create({ data: failedAttempt(organizationId, delivery) })
      }
      await prisma.delivery.updateMany({ where, data: { attemptCount: { increment: 1 } } })
    },
  }
}

/** As a client gets it: plain objects. */
const asSent = (result: ExecutionResult): Answer => JSON.parse(JSON.stringify(result))

export const summary = (index = 0) => ({
  event: 'SUMMARY_CREATED',
  data: { meeting_id: `mtg_${index}`, session_id: 'ses', summary: '<p>All is well.</p>' },
})

function failedAttempt(
  organizationId: string,
  delivery: { id: string; destinationId: string; attemptCount: number },
) {
  return {
    id: newId('att'),
    deliveryId: delivery.id,
    destinationId: delivery.destinationId,
    organizationId,
    eventType: 'summary_created',
    number: delivery.attemptCount + 1,
    status: 'FAILED' as const,
    attemptedAt: new Date(),
    durationMs: 7,
    responseCode: 500,
    responseBody: 'no',
    failureCode: 'HTTP_STATUS',
    failureMessage: 'The receiver answered 500.',
  }
}

/** Matches the statements with which Prisma reads. */
const PRISMA = /^SELECT ("public"|COUNT)/

/** Returns the statements that match a pattern while `work` runs. */
export async function statementsOf(
  work: () => Promise<unknown>,
  pattern = PRISMA,
): Promise<string[]> {
  const { query } = pg.Client.prototype
  const texts: string[] = []
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [statement] = args as [string | { text?: string }]
    const text = typeof statement === 'string' ? statement : statement.text
    if (counting.getStore()) texts.push(text ?? '')
    return Reflect.apply(query, this, args)
  } as typeof query
  try {
    await counting.run(true, work)
    return texts.filter((text) => pattern.test(text))
  } finally {
    pg.Client.prototype.query = query
  }
}

/** Runs `work`'s own statements in a context, so that those of feeds and timers beside it are not counted. */
const counting = new AsyncLocalStorage<true>()
