import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/concurrency/clock.ts'
import { createFeedWatch } from '../../../src/feed/feed-watch.ts'
import { fetchMetrics } from '../../helpers/metrics.ts'
import { SILENT } from '../../helpers/silent-log.ts'
import { createWorld, type World } from '../../helpers/world.ts'

/** Another program, which has written something and not committed it. */
async function openTransaction(url: string) {
  const client = new pg.Client({ connectionString: url, application_name: 'nightly report' })
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('create table if not exists report (id int)')
  await client.query('begin')
  const { rows } = await client.query(
    'insert into report values (1) returning pg_backend_pid() as pid',
  )
  return { pid: rows[0].pid as number, end: () => client.query('rollback') }
}

/** A watch whose clock the test moves, over the world's database. */
function watchOver({ app }: World) {
  let now = Date.now()
  const lines: { level: string; fields: object }[] = []
  const log = {
    ...SILENT,
    info: (fields: object) => void lines.push({ level: 'info', fields }),
    warn: (fields: object) => void lines.push({ level: 'warn', fields }),
  }
  const { db } = app.ports
  const watch = createFeedWatch({ db, clock: { ...systemClock, now: () => now }, log })
  return {
    lines,
    holder: watch.blocker,
    async lookAfter(seconds: number) {
      now += seconds * 1_000
      await watch.check()
    },
  }
}

test('a foreign transaction that stays open for 10 s is logged once with its process and application', async () => {
  await using world = await createWorld({ worker: false })
  const { pid, end } = await openTransaction(world.databaseUrl)
  const { holder, lines, lookAfter } = watchOver(world)

  await lookAfter(0)
  await lookAfter(9)
  expect({ holder: holder(), lines }).toEqual({ holder: null, lines: [] })
  // Another transaction of the test run may be the oldest one at first.
  while (holder()?.pid !== pid) await lookAfter(5)
  const named = { pid, application: 'nightly report' }
  expect(holder()).toMatchObject(named)
  expect(lines.at(-1)).toMatchObject({ level: 'warn', fields: named })
  const count = lines.length
  await lookAfter(20)
  expect(lines).toHaveLength(count)

  await end()
  await lookAfter(2)
  expect(lines.at(-1)).toEqual({ level: 'info', fields: named })
  await lookAfter(60)
  expect(holder()?.pid).not.toBe(pid)
})

test('readiness and metrics report such a transaction', async () => {
  let ahead = 0
  const clock = { ...systemClock, now: () => Date.now() + ahead }
  await using world = await createWorld({ worker: false, clock })
  const { pid } = await openTransaction(world.databaseUrl)
  const readiness = () => fetch(`${world.url}/health/ready`).then((response) => response.json())
  await expect
    .poll(
      async () => {
        ahead += 11_000
        return readiness()
      },
      { timeout: 15_000, interval: 1_000 },
    )
    .toMatchObject({ ready: true, feedHeldBy: { pid, application: 'nightly report' } })
  const metrics = await fetchMetrics(world.url).then((response) => response.text())
  expect(metrics).toMatch(/^bigmind_webhooks_feed_held_seconds [1-9]\d*$/m)
})
