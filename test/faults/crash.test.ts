import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createGraphqlClient, type GraphqlClient } from '../../src/cli/graphql-client.ts'
import { crashPostgres } from '../helpers/crash-postgres.ts'
import { createDatabase } from '../helpers/database.ts'
import { deliveriesOf, latestAttempt, nextAttempts, publishTodos } from '../helpers/deliveries.ts'
import { activeDestination } from '../helpers/operations.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import {
  runProgram,
  type ServiceProcess,
  startServiceProcess,
  temporaryDataDir,
} from '../helpers/service-process.ts'
import { extent, inTime } from './extent.ts'

/** Milliseconds within which everything arrives after a process was killed. */
const ARRIVES_WITHIN = extent({ short: 60_000, full: 12_000 })

/** Milliseconds within which the first request leaves after a restart: without the jobs of the dead it would be 10,000. */
const STARTS_WITHIN = inTime(5_000)

/** Milliseconds within which SIGTERM ends a service under load. */
const ENDS_WITHIN = inTime(6_000)

/** The maximum number of requests in flight to one destination. */
const IN_FLIGHT = 16

/** Starts a receiver that answers after a delay, so that requests are always in flight. */
const startSlowReceiver = () =>
  startReceiver({
    answers: [(_request, response) => void setTimeout(() => response.end(), 15)],
  })

function clientOf({ url }: ServiceProcess, apiKey: string): GraphqlClient {
  const client = createGraphqlClient({ url: url!, apiKey })
  onTestFinished(() => client.close())
  return client
}

const localKey = async (dataDir: string) =>
  (await readFile(join(dataDir, 'api-key'), 'utf8')).trim()

/** Makes destinations that all lead to the receiver. @returns their ids */
async function destinationsTo(receiver: Receiver, client: GraphqlClient, count: number) {
  const ids: string[] = []
  while (ids.length < count) ids.push((await activeDestination(client, { url: receiver.url })).id)
  return ids
}

/** Waits until every delivery has succeeded, and checks the numbers of its attempts. */
async function expectDelivered(
  client: GraphqlClient,
  destinationIds: string[],
  eventIds: string[],
) {
  for (const id of destinationIds) {
    const deliveries = await expect
      .poll(
        async () => {
          const all = await deliveriesOf(client, id)
          return all.filter(({ status }) => status !== 'PENDING')
        },
        { timeout: ARRIVES_WITHIN },
      )
      .toHaveLength(eventIds.length)
      .then(() => deliveriesOf(client, id))
    expect(deliveries.map(({ event }) => event.id).sort()).toEqual([...eventIds].sort())
    for (const { status, attempts: made, attemptCount } of deliveries) {
      expect(status).toBe('SUCCEEDED')
      expect(attemptCount).toBe(made.length)
      expect(made.map(({ number }) => number).sort()).toEqual(made.map((_, index) => index + 1))
    }
  }
}

/** Counts the different deliveries that have arrived. */
const arrived = ({ requests }: Receiver) =>
  new Set(requests.map(({ headers }) => headers['x-webhook-delivery'])).size

test('a service that is killed during 500 deliveries sends the rest after its restart, and repeats only attempts that were in flight', async () => {
  const dataDir = await temporaryDataDir()
  await using receiver = await startSlowReceiver()
  const first = await startServiceProcess({ DATA_DIR: dataDir })
  const before = clientOf(first, await localKey(dataDir))
  const destinationIds = await destinationsTo(receiver, before, 5)
  const eventIds = await publishTodos(before, 100)
  await receiver.request(200)
  await first.kill()
  const sent = receiver.requests.length

  const second = await startServiceProcess({ DATA_DIR: dataDir })
  const started = performance.now()
  await receiver.request(sent + 1)
  // The jobs of the killed service are available at once, before their heartbeats expire after 10 s.
  expect(performance.now() - started).toBeLessThan(STARTS_WITHIN)
  await expect.poll(() => arrived(receiver), { timeout: ARRIVES_WITHIN }).toBe(500)

  await expectDelivered(clientOf(second, await localKey(dataDir)), destinationIds, eventIds)
  expect(receiver.requests.length).toBeLessThanOrEqual(500 + 5 * IN_FLIGHT)
}, 300_000)

test('SIGTERM under load ends the service with code 0 after the running attempts, and the next start delivers the rest', async () => {
  const dataDir = await temporaryDataDir()
  await using receiver = await startSlowReceiver()
  const first = await startServiceProcess({ DATA_DIR: dataDir })
  const before = clientOf(first, await localKey(dataDir))
  const destinationIds = await destinationsTo(receiver, before, 5)
  const eventIds = await publishTodos(before, 100)
  await receiver.request(200)
  const asked = performance.now()
  first.signal('SIGTERM')

  expect(await first.exit()).toBe(0)
  expect(performance.now() - asked).toBeLessThan(ENDS_WITHIN)
  expect(receiver.requests.length).toBeLessThan(500)
  const second = await startServiceProcess({ DATA_DIR: dataDir })
  await expect.poll(() => arrived(receiver), { timeout: ARRIVES_WITHIN }).toBe(500)
  await expectDelivered(clientOf(second, await localKey(dataDir)), destinationIds, eventIds)
  expect(receiver.requests).toHaveLength(500)
}, 300_000)

test('two APIs and two workers, one of which is killed during 1,000 deliveries: all arrive, and a subscriber that reconnects 20 times sees each attempt once', async () => {
  const { url: databaseUrl } = await createDatabase()
  const shared = {
    DATABASE_URL: databaseUrl,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
  }
  await using receiver = await startSlowReceiver()
  const [api, other, worker] = await Promise.all([
    startServiceProcess(shared, 'api'),
    startServiceProcess(shared, 'api'),
    startServiceProcess(shared, 'worker'),
  ])
  const key = ['create', '--new', 'Acme', '--name', 'test', '--scopes', 'all']
  const { stdout } = await runProgram(['cli/keys.ts', ...key], shared)
  const clients = [clientOf(api, stdout.trim()), clientOf(other, stdout.trim())] as const
  const destinationIds = await destinationsTo(receiver, clients[0], 1)
  const [first] = await publishTodos(clients[1], 1)
  const start = await latestAttempt(clients[1], destinationIds[0]!)
  destinationIds.push(...(await destinationsTo(receiver, clients[1], 4)))

  const constant = nextAttempts(clients[0], 1_000, start)
  const reconnecting = reconnectingAttempts(clients, 1_000, start)
  const eventIds = await publishTodos(clients[0], 200)
  await receiver.request(300)
  // Slow answers keep requests in flight without a timeout while the second worker starts.
  receiver.answerWith((_request, response) => void setTimeout(() => response.end(), 2_000))
  await startServiceProcess(shared, 'worker')
  await worker.kill()
  receiver.answerWith(200)
  await expect.poll(() => arrived(receiver), { timeout: ARRIVES_WITHIN }).toBe(1_001)

  expect(await reconnecting).toEqual(await constant)
  expect(new Set(await constant).size).toBe(1_000)
  await expectDelivered(clients[1], destinationIds.slice(1), eventIds)
  await expectDelivered(clients[1], destinationIds.slice(0, 1), [first!, ...eventIds])
  expect(receiver.requests.length).toBeLessThanOrEqual(1_001 + 5 * IN_FLIGHT)
}, 300_000)

/** Reads attempts over a new connection for every 48 of them, to the two APIs in turn. */
async function reconnectingAttempts(
  clients: readonly [GraphqlClient, GraphqlClient],
  count: number,
  start: string,
): Promise<string[]> {
  const seen: string[] = []
  for (let round = 0; seen.length < count; round += 1) {
    const client = clients[round % 2]!
    seen.push(
      ...(await nextAttempts(client, Math.min(48, count - seen.length), seen.at(-1) ?? start)),
    )
  }
  return seen
}

test('a second SIGTERM ends the service at once', async () => {
  const dataDir = await temporaryDataDir()
  await using receiver = await startReceiver({ answers: [() => {}] })
  const service = await startServiceProcess({ DATA_DIR: dataDir })
  const client = clientOf(service, await localKey(dataDir))
  await destinationsTo(receiver, client, 1)
  await publishTodos(client, 1)
  await receiver.request()
  service.signal('SIGTERM')
  // The service waits for the running attempt after it has closed the API.
  await expect.poll(() => fetch(`${service.url}/health/live`).catch(() => null)).toBeNull()
  service.signal('SIGTERM')

  expect(await service.exit()).toBe(1)
  expect(receiver.requests).toHaveLength(1)
})

test('a second service with the same folder is refused with a message that names the first', async () => {
  const dataDir = await temporaryDataDir()
  const first = await startServiceProcess({ DATA_DIR: dataDir })

  const { code, stderr } = await runProgram(['main.ts'], { DATA_DIR: dataDir })

  expect(code).toBe(73)
  expect(stderr).toMatch(`is in use by process ${first.pid} on ${hostname()}. One process owns`)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})

test('PostgreSQL is killed during deliveries: the service starts it again, all is delivered, and the feed has no gap', async () => {
  const dataDir = await temporaryDataDir()
  await using receiver = await startSlowReceiver()
  const service = await startServiceProcess({ DATA_DIR: dataDir })
  const client = clientOf(service, await localKey(dataDir))
  const destinationIds = await destinationsTo(receiver, client, 5)
  const seen = nextAttempts(client, 500)
  const eventIds = await publishTodos(client, 100)
  await receiver.request(200)

  await crashPostgres(dataDir)
  const ready = () => fetch(`${service.url}/health/ready`).then(({ status }) => status)
  await expect.poll(ready, { timeout: ARRIVES_WITHIN }).toBe(200)
  await expect.poll(() => arrived(receiver), { timeout: ARRIVES_WITHIN }).toBe(500)
  await expectDelivered(client, destinationIds, eventIds)
  const attempts = await seen
  expect(new Set(attempts).size).toBe(500)
  expect(attempts).toHaveLength(500)
  service.signal('SIGTERM')
  expect(await service.exit()).toBe(0)
}, 300_000)
