import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createGraphqlClient, type GraphqlClient } from '../../../src/cli/graphql-client.ts'
import { createDatabase as connect } from '../../../src/storage/database.ts'
import { extent, inTime } from '../../faults/extent.ts'
import { createDatabase } from '../../helpers/database.ts'
import { publishTodos } from '../../helpers/deliveries.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { type Answer, startReceiver } from '../../helpers/receiver.ts'
import { runProgram, startServiceProcess } from '../../helpers/service-process.ts'
import { SILENT } from '../../helpers/silent-log.ts'

/** Returns an answer after a delay, so that requests are always in flight. */
const answerAfter =
  (milliseconds: number): Answer =>
  (_request, response) =>
    void setTimeout(() => response.end(), milliseconds)

/** Without a handover, deliveries wait up to 5 s for the sweep, or 10 s for the expiry of the job. */
const REST = inTime(1)
const LATE = inTime(2)

/** Milliseconds between publications. */
const EVERY = extent({ short: 60, full: 20 })

/** @returns how many events it published */
async function publishUntil(client: GraphqlClient, stop: AbortSignal): Promise<number> {
  const publishing: Promise<string>[] = []
  while (!stop.aborted) {
    publishing.push(publishTodo(client))
    await pause(EVERY)
  }
  return (await Promise.all(publishing)).length
}

/** A deployment of one API on a database of its own, to which workers can be added. */
async function startDeployment() {
  const { url } = await createDatabase()
  const shared = {
    DATABASE_URL: url,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
  }
  const api = await startServiceProcess(shared, 'api')
  const db = connect(url, { log: SILENT })
  onTestFinished(() => db.close())
  return {
    db,
    startWorker: () => startServiceProcess(shared, 'worker'),
    async clientOf(organization: string): Promise<GraphqlClient> {
      const key = ['create', '--new', organization, '--name', 'test', '--scopes', 'all']
      const { stdout } = await runProgram(['cli/keys.ts', ...key], shared)
      const client = createGraphqlClient({ url: api.url!, apiKey: stdout.trim() })
      onTestFinished(() => client.close())
      return client
    },
  }
}

/** Seconds: the longest rest between requests to a destination; how late first attempts and retries began. */
const LATENESS = `
with attempt as (
  select delivery_attempt.destination_id, delivery.created_at, number, attempted_at, duration_ms,
    lag(attempted_at + make_interval(secs => duration_ms / 1000.0))
      over (partition by delivery_id order by number) as failed_at,
    lag(attempted_at)
      over (partition by delivery_attempt.destination_id order by attempted_at) as before
  from delivery_attempt join delivery on delivery.id = delivery_id
)
select
  max(extract(epoch from attempted_at - before))
    filter (where destination_id = any($1))::float as rest,
  max(extract(epoch from attempted_at - created_at))
    filter (where number = 1 and destination_id <> all($1))::float as first,
  max(extract(epoch from attempted_at - failed_at) - 2 ^ (number - 1))::float as retry
from attempt`

test('workers restarted one after another under load lose no delivery, repeat none, and are late with none', async () => {
  const { db, clientOf, startWorker } = await startDeployment()
  const [acme, globex] = [await clientOf('Acme'), await clientOf('Globex')]
  await using receiver = await startReceiver({ answers: [answerAfter(15)] })
  // Its retries become due after the worker that scheduled them has ended.
  await using refusing = await startReceiver({ answers: [500, 500, 500, 500, 200] })
  await activeDestination(acme, { url: receiver.url })
  await activeDestination(acme, { url: refusing.url })
  // These destinations have a backlog that outlasts the restarts, and no further publication wakes them.
  await using slow = await startReceiver({ answers: [answerAfter(150)] })
  const behind: string[] = []
  while (behind.length < 2) behind.push((await activeDestination(globex, { url: slow.url })).id)
  let worker = await startWorker()

  const stop = new AbortController()
  const publishing = publishUntil(acme, stop.signal)
  const backlog = await publishTodos(globex, 800)
  const exitCodes: (number | null)[] = []
  for (let restart = 0; restart < 3; restart += 1) {
    const next = await startWorker()
    worker.signal('SIGTERM')
    exitCodes.push(await worker.exit())
    worker = next
  }
  stop.abort()
  const events = await publishing

  expect(exitCodes).toEqual([0, 0, 0])
  await expect
    .poll(() => db.query('select status, count(*)::int as count from delivery group by status'), {
      timeout: 60_000,
    })
    .toEqual([{ status: 'SUCCEEDED', count: 2 * events + 2 * backlog.length }])
  expect(receiver.requests).toHaveLength(events)
  expect(refusing.requests).toHaveLength(events + 4)
  expect(slow.requests).toHaveLength(2 * backlog.length)
  const [late] = await db.query<{ rest: number; first: number; retry: number }>(LATENESS, [behind])
  expect(late!.rest).toBeLessThan(REST)
  expect(late!.first).toBeLessThan(LATE)
  expect(late!.retry).toBeLessThan(LATE)
}, 300_000)
