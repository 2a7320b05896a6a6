import { randomBytes } from 'node:crypto'
import { type ExecutionResult, execute, parse, type subscribe, validate } from 'graphql'
import pg from 'pg'
import { afterAll, expect, vi } from 'vitest'
import { newId } from '../../src/adapters/ids.ts'
import { createApp } from '../../src/app.ts'
import { SCOPES, type Scope } from '../../src/domain/api-key.ts'
import type { Context } from '../../src/graphql/context.ts'
import { createSchema } from '../../src/graphql/schema.ts'
import type { Viewer } from '../../src/services/api-key.ts'
import { createDatabase } from '../helpers/database.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
type Answer = ExecutionResult<any>

/** The schema over a database of its own, without a server and without a worker: nothing is sent. */
export async function createGraphqlWorld() {
  const database = await createDatabase()
  const app = await createApp({
    databaseUrl: database.url,
    encryptionKeys: [{ id: 'test', key: randomBytes(32) }],
    addressPolicy: { allowHttp: false, allowNetworks: [] },
    retentionDays: 30,
    version: 'test',
    log: silent,
  })
  afterAll(() => app.close())
  const schema = createSchema()

  const context = (viewer: Viewer | null): Context => ({
    viewer,
    ports: app.ports,
    requestId: 'req_test',
  })

  return {
    app,
    schema,
    context,
    prisma: app.ports.db.prisma,

    /** Somebody of a new organization. */
    async createViewer(scopes: readonly Scope[] = SCOPES): Promise<Viewer> {
      const organizationId = newId('org')
      const name = `Organization ${organizationId}`
      await app.ports.db.prisma.organization.create({ data: { id: organizationId, name } })
      return { organizationId, apiKeyId: newId('key'), scopes: new Set(scopes) }
    },

    /** Executes as the server does; the document must be valid. */
    async run(viewer: Viewer | null, source: string, variables = {}): Promise<Answer> {
      const document = parse(source)
      expect(validate(schema, document)).toEqual([])
      const result = await execute({
        schema,
        document,
        variableValues: variables,
        contextValue: context(viewer),
      })
      // As a client gets it: plain objects.
      return JSON.parse(JSON.stringify(result)) as Answer
    },
  }
}

export type GraphqlWorld = Awaited<ReturnType<typeof createGraphqlWorld>>
export type Subscribe = typeof subscribe

/** The SELECT statements that Prisma sends while `work` runs. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const spy = vi.spyOn(pg.Client.prototype, 'query')
  try {
    await work()
    return (spy.mock.calls as unknown[][])
      .map(([query]) => (typeof query === 'string' ? query : (query as { text?: string }).text))
      .filter((text): text is string => /^SELECT "public"|^SELECT COUNT/.test(text ?? ''))
  } finally {
    spy.mockRestore()
  }
}
