import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { graphql } from '../../../src/generated/graphql/gql.ts'
import { migrate } from '../../../src/storage/migrations/migrations.ts'
import { createDatabase } from '../../helpers/database.ts'
import { deliveriesOf, nextAttempts, publishTodos, receivedAll } from '../../helpers/deliveries.ts'
import { rotate } from '../../helpers/destination-operations.ts'
import { EventsRelatedTo } from '../../helpers/erasure-operations.ts'
import { activeDestination, PublishEvent, todo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { runProgram } from '../../helpers/service-process.ts'
import { createWorld } from '../../helpers/world.ts'

/** What an owner may have set for a database, and what would break a statement that relied on the default. */
const DEFAULTS = [
  `timezone to 'Asia/Kolkata'`,
  `datestyle to 'German, DMY'`,
  `intervalstyle to 'sql_standard'`,
  `bytea_output to 'escape'`,
  'extra_float_digits to -15',
  'standard_conforming_strings to off',
  'array_nulls to off',
  'transform_null_equals to on',
  'gin_fuzzy_search_limit to 1',
  'exit_on_error to on',
  `client_encoding to 'LATIN1'`,
  `search_path to 'elsewhere'`,
  `default_transaction_isolation to 'serializable'`,
  'default_transaction_deferrable to on',
  'default_transaction_read_only to on',
  `lock_timeout to '1ms'`,
  `statement_timeout to '50ms'`,
  `transaction_timeout to '100ms'`,
  `idle_in_transaction_session_timeout to '50ms'`,
  `idle_session_timeout to '200ms'`,
  'enable_indexscan to off',
  `plan_cache_mode to 'force_generic_plan'`,
  'synchronous_commit to off',
]

/** An empty database in which the owner has changed all of that. */
async function foreignDatabase(): Promise<string> {
  const { url } = await createDatabase({ empty: true })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const name = new URL(url).pathname.slice(1)
  await client.query('create schema elsewhere; create table elsewhere.event (id int)')
  // A schema named like the role comes first in PostgreSQL's own search path.
  await client.query('create schema authorization current_user')
  for (const setting of DEFAULTS) await client.query(`alter database ${name} set ${setting}`)
  await client.end()
  return url
}

const ReadEverything = graphql(`
  query TestForeignDefaults($id: ID!, $since: DateTime!, $until: DateTime!) {
    events(filter: { since: $since, until: $until }) { nodes { id timestamp } }
    destination(id: $id) {
      createdAt
      secret { createdAt previousExpiresAt }
      attempts(first: 25) { nodes { id attemptedAt status responseBody } }
    }
    apiKeys { createdAt }
  }
`)

const MINUTE_MS = 60_000

test.each(['', '?schema=hooks'])(
  'the service works and returns correct times on a database with changed defaults (%s)',
  async (query) => {
    const url = (await foreignDatabase()) + query
    await migrate(url)
    await using world = await createWorld({ databaseUrl: url })
    await using receiver = await startReceiver({ answers: [{ status: 200, body: '✓ 日本' }] })
    const { client } = world
    const { id } = await activeDestination(client, { url: receiver.url })
    await rotate(client, id, 3600)

    const timestamp = '2026-01-02T03:04:05.678Z'
    const { eventPublish } = await client.request(PublishEvent, {
      input: { event: 'TODO_CREATED', data: todo("日本 \\ ' NULL"), timestamp },
    })
    if (eventPublish.__typename !== 'EventPublished') throw new Error(eventPublish.message)
    const ids = [eventPublish.event.id, ...(await publishTodos(client, 100))]
    await receivedAll(receiver, ids)
    await expect
      .poll(async () => (await deliveriesOf(client, id)).map(({ status }) => status), {
        timeout: 10_000,
      })
      .toEqual(ids.map(() => 'SUCCEEDED'))

    const read = await client.request(ReadEverything, {
      id,
      since: '2026-01-02T03:04:05Z',
      until: '2026-01-02T03:04:06Z',
    })
    expect(read.events.nodes).toEqual([{ id: eventPublish.event.id, timestamp }])
    expect(JSON.parse(receiver.requests[0]!.body)).toMatchObject({ timestamp })
    const { attempts, createdAt, secret } = read.destination!
    expect(attempts.nodes[0]).toMatchObject({ status: 'SUCCEEDED', responseBody: '✓ 日本' })
    const times = [createdAt, secret.createdAt, attempts.nodes[0]!.attemptedAt]
    for (const time of times)
      expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(MINUTE_MS)
    expect(Date.parse(secret.previousExpiresAt!)).toBeGreaterThan(Date.now() + 58 * MINUTE_MS)
    expect(Date.parse(secret.previousExpiresAt!)).toBeLessThan(Date.now() + 61 * MINUTE_MS)

    const [oldest] = attempts.nodes.slice(-1)
    expect(await nextAttempts(client, 24, oldest!.id)).toEqual(
      attempts.nodes
        .slice(0, -1)
        .map((attempt) => attempt.id)
        .reverse(),
    )
    const { events } = await client.request(EventsRelatedTo, { id: 'acc_123' })
    expect(events.nodes).toEqual([])

    const keys = await runProgram(['cli/keys.ts', 'list'], { DATABASE_URL: url })
    expect(keys).toMatchObject({ code: 0, stderr: '' })
    const year = new Date().toISOString().slice(0, 10)
    expect(keys.stdout).toContain(year)
  },
)

test('the schema that the URL names gets all tables, with those of pg-boss beside it, and two share a database', async () => {
  const { url } = await createDatabase({ empty: true })
  for (const schema of ['hooks', 'more_hooks']) {
    const own = `${url}?schema=${schema}`
    await migrate(own)
    await using world = await createWorld({ databaseUrl: own })
    await using receiver = await startReceiver()
    await activeDestination(world.client, { url: receiver.url })
    await receivedAll(receiver, await publishTodos(world.client, 3))
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  onTestFinished(() => client.end())
  const { rows } = await client.query<{ schema: string }>(
    `select distinct schemaname as schema from pg_tables where schemaname !~ '^(pg_|information)' order by 1`,
  )
  expect(rows.map(({ schema }) => schema)).toEqual([
    'hooks',
    'hooks_pgboss',
    'more_hooks',
    'more_hooks_pgboss',
  ])
})
