import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { inTime } from '../../faults/extent.ts'
import { startStallingProxy } from '../../faults/stalling-proxy.ts'
import { createDatabase } from '../../helpers/database.ts'
import { publishTodos } from '../../helpers/delivery-operations.ts'
import { fetchMetrics, METRICS_TOKEN } from '../../helpers/metrics.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { startServiceProcess } from '../../helpers/service-process.ts'
import { createWorld } from '../../helpers/world.ts'

async function readiness({ url }: { url: string | null }) {
  const response = await fetch(`${url}/health/ready`)
  return { status: response.status, ...((await response.json()) as object) }
}

const READY = {
  status: 200,
  ready: true,
  closing: false,
  parts: { database: true, migrations: true, worker: true, feed: true },
}

const environment = (databaseUrl: string) => ({
  DATABASE_URL: databaseUrl,
  ENCRYPTION_KEYS: `main:${randomBytes(32).toString('base64')}`,
})

test('a process with a silent database is not ready within 2 s, but live', async () => {
  const database = await createDatabase()
  const proxy = await startStallingProxy(database.url)
  const service = await startServiceProcess(environment(proxy.url))
  expect(await readiness(service)).toEqual(READY)

  proxy.stall()
  const unready = { status: 503, ready: false, parts: { database: false, migrations: false } }
  // One answer of the database serves for half a second.
  await expect.poll(() => readiness(service)).toMatchObject(unready)
  const took: number[] = []
  for (let time = 0; time < 3; time += 1) {
    const asked = performance.now()
    expect(await readiness(service)).toMatchObject(unready)
    took.push(performance.now() - asked)
  }
  expect(Math.max(...took)).toBeLessThan(inTime(2_000))
  expect(await fetch(`${service.url}/health/live`).then((live) => live.text())).toBe('ok')

  proxy.resume()
  await expect.poll(() => readiness(service)).toEqual(READY)
})

test('readiness reports a worker that cannot fetch jobs and a missing migration', async () => {
  await using world = await createWorld()
  const { db } = world.app.ports
  const api = await world.addProcess({ worker: false })
  await db.query('alter table pgboss.job_common rename to moved')
  const stopped = { status: 503, parts: { ...READY.parts, worker: false } }
  await expect.poll(() => readiness(world), { interval: 500 }).toMatchObject(stopped)
  const { worker: _, ...parts } = READY.parts
  expect(await readiness(api)).toEqual({ ...READY, parts })
  await db.query('alter table pgboss.moved rename to job_common')
  await expect.poll(() => readiness(world), { interval: 100 }).toEqual(READY)

  await db.query(
    'delete from bigmind_migration where name = (select max(name) from bigmind_migration)',
  )
  await expect
    .poll(() => readiness(world))
    .toMatchObject({ status: 503, parts: { ...READY.parts, migrations: false } })
})

test('migrations of a newer version do not affect readiness', async () => {
  await using world = await createWorld()
  await world.app.ports.db.query(
    `insert into bigmind_migration (name, checksum) values ('29991231000000_newer', 'x')`,
  )
  expect(await readiness(world)).toEqual(READY)
})

test('a worker with PORT serves only health and metrics, and reports when it closes', async () => {
  await using world = await createWorld({ worker: false })
  await using receiver = await startReceiver({ answers: [() => {}] })
  const shared = {
    ...environment(world.databaseUrl),
    ENCRYPTION_KEYS: `test:${world.encryptionKey.toString('base64')}`,
    METRICS_TOKEN,
  }
  const worker = await startServiceProcess(shared, 'worker')
  expect(await readiness(worker)).toEqual(READY)
  const figures = await fetchMetrics(worker.url!).then((response) => response.text())
  expect(figures).toContain('\nbigmind_webhooks_drains_active 0\n')
  expect((await fetch(`${worker.url}/graphql`)).status).toBe(404)

  const silent = await startServiceProcess({ ...shared, PORT: '' }, 'worker')
  expect(silent.url).toBeNull()
  const port = new URL(worker.url!).port
  const late = await startServiceProcess({ ...shared, PORT: port }, 'worker')
  expect(late.url).toBeNull()
  expect(late.logged.map(({ msg }) => msg)).toContain(
    'this process has no port for health and metrics',
  )
  for (const one of [silent, late]) await one.kill()

  await activeDestination(world.client, { url: receiver.url })
  await publishTodos(world.client, 1)
  await receiver.request()
  worker.signal('SIGTERM')
  await expect.poll(() => readiness(worker)).toMatchObject({ status: 503, closing: true })
  expect(await worker.exit()).toBe(0)
}, 300_000)
