import { expect, test } from 'vitest'
import { addBacklog } from '../../helpers/backlog.ts'
import { publishTodos } from '../../helpers/delivery-operations.ts'
import { deactivate } from '../../helpers/destination-operations.ts'
import { fetchMetrics } from '../../helpers/metrics.ts'
import { activeDestination, attempts, collectAttempts } from '../../helpers/operations.ts'
import { ask } from '../../helpers/raw-operation.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

/** Returns the metrics of the service by name and labels, as Prometheus reads them. */
async function scrape({ url }: { url: string }): Promise<Record<string, number>> {
  const response = await fetchMetrics(url)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = (await response.text()).split('\n').filter((line) => /^[a-z]/.test(line))
  return Object.fromEntries(
    lines.map((line) => {
      const blank = line.lastIndexOf(' ')
      return [line.slice(0, blank).replace(/^bigmind_webhooks_/, ''), Number(line.slice(blank + 1))]
    }),
  )
}

test('metrics count publications, attempts and the delay of the feed', async () => {
  await using world = await createWorld()
  await using good = await startReceiver()
  await using shaky = await startReceiver({ answers: [503, 200] })
  const stream = attempts(world.client)
  const told = collectAttempts(stream, 7)
  await expect
    .poll(async () => (await scrape(world))['subscribers{feed="deliveryAttempted"}'])
    .toBe(1)
  for (const { url } of [good, shaky]) await activeDestination(world.client, { url })
  const { id } = await activeDestination(world.client, { url: good.url })
  await deactivate(world.client, id)

  await publishTodos(world.client, 3)
  await told

  // An attempt is emitted when it is committed, and counted when the commit returns to the worker.
  await expect
    .poll(() => scrape(world))
    .toMatchObject({
      events_published_total: 3,
      'deliveries_total{outcome="SUCCEEDED"}': 6,
      'deliveries_total{outcome="SKIPPED"}': 3,
      'deliveries_total{outcome="FAILED"}': 0,
      'deliveries_total{outcome="CANCELED"}': 0,
      'attempts_total{outcome="SUCCEEDED"}': 6,
      'attempts_total{outcome="HTTP_STATUS"}': 1,
      attempt_duration_seconds_count: 7,
      'attempt_duration_seconds_bucket{le="+Inf"}': 7,
      publish_to_first_attempt_seconds_count: 6,
      'publish_to_first_attempt_seconds_bucket{le="2.5"}': 6,
      feed_delay_seconds_count: 7,
      'pool_connections{state="waiting"}': 0,
      due_backlog: 0,
      due_oldest_age_seconds: 0,
      'log_lines_total{level="error"}': 0,
      nodejs_eventloop_lag_p99_seconds: expect.any(Number),
    })
  await stream.return(undefined)
})

test('each process has its own counters', async () => {
  await using world = await createWorld()
  await using receiver = await startReceiver()
  const other = await world.addProcess({ worker: false })
  await activeDestination(world.client, { url: receiver.url })
  await publishTodos(world.client, 2)
  await receiver.request(2)
  expect(await scrape(world)).toMatchObject({ events_published_total: 2 })
  expect(await scrape(other)).toMatchObject({
    events_published_total: 0,
    attempt_duration_seconds_count: 0,
    drains_active: 0,
  })
})

test('the backlog counts due deliveries of ACTIVE destinations, with the age of the oldest', async () => {
  await using world = await createWorld({ worker: false })
  const url = 'http://127.0.0.1:4001/never-sent'
  const inactive = await activeDestination(world.client, { url })
  await deactivate(world.client, inactive.id)
  for (const { id } of [
    await activeDestination(world.client, { url }),
    await activeDestination(world.client, { url }),
    inactive,
  ]) {
    await addBacklog(world, id, 7)
  }
  await world.app.ports.db.query(
    `update delivery set due_at = now() + interval '1 hour' where id in (
      select id from delivery where destination_id <> $1 order by due_at desc limit 2
    )`,
    [inactive.id],
  )
  const { due_backlog, due_oldest_age_seconds } = await scrape(world)
  expect(due_backlog).toBe(12)
  expect(due_oldest_age_seconds).toBeGreaterThan(59)
  expect(due_oldest_age_seconds).toBeLessThan(90)
})

test('canceled deliveries count as ended; internal errors count as API errors and as log lines', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, { url: 'http://127.0.0.1:4001/never-sent' })
  await publishTodos(world.client, 3)
  await deactivate(world.client, id)
  await world.app.ports.db.query('alter table destination rename to moved')
  await ask(world, '{ destinations(first: 1) { nodes { id } } }')
  await ask(world, '{ nothing }')
  expect(await scrape(world)).toMatchObject({
    'deliveries_total{outcome="CANCELED"}': 3,
    'api_errors_total{code="INTERNAL_SERVER_ERROR"}': 1,
    'api_errors_total{code="GRAPHQL_VALIDATION_FAILED"}': 1,
    'log_lines_total{level="error"}': 1,
  })
})
