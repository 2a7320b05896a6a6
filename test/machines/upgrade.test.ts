import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { print } from 'graphql'
import { createClient } from 'graphql-ws'
import { expect, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createGraphqlClient, type GraphqlClient } from '../../src/cli/graphql-client.ts'
import { startEmbeddedPostgres } from '../../src/storage/embedded-postgres/embedded-postgres.ts'
import { migrateIdCollation } from '../../src/storage/migrations/id-collation.ts'
import { receivedAll } from '../helpers/deliveries.ts'
import { freshFolder, query } from '../helpers/embedded-database.ts'
import { testWhere } from '../helpers/machine.ts'
import { checkOut, commit } from '../helpers/older-release.ts'
import { activeDestination, DeliveryAttempted, publishTodo } from '../helpers/operations.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { runProgram, type ServiceProcess, startServiceProcess } from '../helpers/service-process.ts'
import { SILENT } from '../helpers/silent-log.ts'

/** The last commit before the migrations that change the collation of ids. */
const OLDER = '89fcd14738efc74d9c33b649ef737ca58b1856bf'

/** Attempts in the database at the time of the upgrade. */
const ROWS = Number(process.env.UPGRADE_ROWS ?? 20_000)

/** Milliseconds between publications. */
const EVERY_MS = 20

/**
 * Milliseconds that a publication may take, a first attempt after it, and the feed after that. A machine with other work
 * delays the new processes, so there is a limit only if it is set.
 */
const LONGEST_MS = Number(process.env.UPGRADE_LONGEST_MS ?? Number.POSITIVE_INFINITY)

const WITHIN = { timeout: 120_000, interval: 200 }

const FILL = (destinationId: string) => `
with one as (
  select 'evt_00' || to_char(n, 'fm00000000') as event, 'dlv_00' || to_char(n, 'fm00000000') as delivery,
    'att_00' || to_char(n, 'fm00000000') as attempt, destination.id as destination, organization_id as organization
  from destination, generate_series(1, ${ROWS}) as n
  where destination.id = '${destinationId}'
), stored as (
  insert into event (id, organization_id, type, data, relations, timestamp)
  select event, organization, 'todo_created', '{}', '{}', now() from one
), delivered as (
  insert into delivery (id, event_id, destination_id, status, attempt_count, completed_at)
  select delivery, event, destination, 'SUCCEEDED', 1, now() from one
)
insert into delivery_attempt (
  id, delivery_id, destination_id, organization_id, event_type, number, status, attempted_at, duration_ms, response_code
)
select attempt, delivery, destination, organization, 'todo_created', 1, 'SUCCEEDED', now(), 12, 204 from one`

/** The attempts of the load, in the order of the feed, each with its delay after publication. */
const NEW_ATTEMPTS = `
select delivery_attempt.id, (extract(epoch from attempted_at - created_at) * 1000)::float as late,
  (extract(epoch from attempted_at) * 1000)::float as at
from delivery_attempt join delivery on delivery.id = delivery_id
where delivery_attempt.id not like 'att\\_00%' order by recorded_in, delivery_attempt.id`

interface Fed {
  id: string
  /** Epoch milliseconds of its arrival. */
  at: number
}

/** Follows the feed at the URL that `urlOf` returns, and resumes after each lost connection. */
async function follow(seen: Fed[], options: { urlOf: () => string; apiKey: string }) {
  const client = createClient({
    url: () => `${options.urlOf().replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${options.apiKey}` },
    retryAttempts: 0,
  })
  let over = false
  onTestFinished(() => {
    over = true
    return client.dispose()
  })
  while (!over) {
    const variables = { after: seen.at(-1)!.id }
    try {
      for await (const { data } of client.iterate({ query: print(DeliveryAttempted), variables })) {
        const { id } = (data as { deliveryAttempted: { id: string } }).deliveryAttempted
        seen.push({ id, at: Date.now() })
      }
    } catch (error) {
      // A refused operation throws a list of errors; anything else is a connection that the API closed.
      if (Array.isArray(error)) throw error
    }
  }
}

/** Publishes at a steady rate through the client that `clientNow` returns, until `stop` is called. */
function publishSteadily(clientNow: () => GraphqlClient) {
  const took: number[] = []
  const ids: Promise<string>[] = []
  let stopped = false
  const publish = async () => {
    const begun = performance.now()
    const id = await publishTodo(clientNow())
    took.push(performance.now() - begun)
    return id
  }
  const loop = (async () => {
    while (!stopped) {
      ids.push(publish())
      await pause(EVERY_MS)
    }
  })()
  return {
    took,
    async stop(): Promise<string[]> {
      stopped = true
      await loop
      return Promise.all(ids)
    },
  }
}

/** Starts the older release on a database with `ROWS` attempts and one destination. */
async function startOlder(receiver: Receiver) {
  const sources = await checkOut(OLDER)
  const postgres = await startEmbeddedPostgres({ dataDir: await freshFolder() })
  onTestFinished(() => postgres.stop())
  const { url } = postgres
  const env = {
    DATABASE_URL: url,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
  }
  const api = await startServiceProcess(env, 'api', sources)
  const worker = await startServiceProcess(env, 'worker', sources)
  const key = ['create', '--organization', 'Acme', '--name', 'test', '--scopes', 'all']
  const { stdout } = await runProgram(['cli/keys.ts', ...key], env, sources)
  const apiKey = stdout.trim()
  const client = createGraphqlClient({ url: api.url!, apiKey })
  const { id } = await activeDestination(client, { url: receiver.url })
  await query(url, FILL(id))
  await query(url, 'analyze')
  return { api, apiKey, client, env, url, worker }
}

async function end(service: ServiceProcess): Promise<void> {
  service.signal('SIGTERM')
  expect(await service.exit()).toBe(0)
}

testWhere(commit(OLDER))(
  'replacing an older release under load loses and repeats nothing, and sorts ids by bytes',
  async () => {
    await using receiver = await startReceiver()
    const older = await startOlder(receiver)
    const { apiKey, env, url } = older
    let { api, client } = older
    const more = () => receiver.request(receiver.requests.length + 50)
    const recorded = async () =>
      (await query(url, NEW_ATTEMPTS)) as { id: string; late: number; at: number }[]
    const first = await publishTodo(client)
    await expect.poll(recorded).toHaveLength(1)
    const fed: Fed[] = await recorded()
    void follow(fed, { apiKey, urlOf: () => api.url! })
    const load = publishSteadily(() => client)
    await more()

    api = await startServiceProcess(env, 'api')
    client = createGraphqlClient({ url: api.url!, apiKey })
    await startServiceProcess(env, 'worker')
    await more()
    await end(older.api)
    // As the worker does each minute.
    const collate = () => migrateIdCollation({ url, log: SILENT }, new AbortController().signal)
    expect(await collate()).toBe(false)
    await end(older.worker)
    await vi.waitUntil(collate, WITHIN)
    await more()
    const events = [first, ...(await load.stop())]

    await receivedAll(receiver, events)
    await vi.waitFor(async () => expect(await recorded()).toHaveLength(events.length), WITHIN)
    const attempts = await recorded()
    const ids = (rows: { id: string }[]) => rows.map(({ id }) => id)
    await vi.waitFor(() => expect(ids(fed)).toEqual(ids(attempts)), WITHIN)
    expect(receiver.requests).toHaveLength(events.length)
    const longest = {
      publication: Math.max(...load.took),
      attempt: Math.max(...attempts.map(({ late }) => late)),
      feed: Math.max(...attempts.map(({ at }, index) => fed[index]!.at - at)),
    }
    console.log(`${ROWS} rows, longest delays in milliseconds:`, longest)
    expect(Math.max(...Object.values(longest))).toBeLessThan(LONGEST_MS)
  },
)
