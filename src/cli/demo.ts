import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Config, loadConfig } from '../config/config.ts'
import { version } from '../config/version.ts'
import { catalogue, type EventPayload, enumName } from '../domain/events/index.ts'
import { type Service, startService } from '../process/start.ts'
import { createLogger } from '../telemetry/logger.ts'
import {
  ActivateDestination,
  CreateDestination,
  DeliveryAttempted,
  PublishEvent,
  RevealSecret,
  unlessRefused,
} from './demo/operations.ts'
import { type DemoReceiver, startDemoReceiver } from './demo/receiver.ts'
import { attemptLine, bad, good, heading, quiet, strong } from './demo/report.ts'
import { createGraphqlClient, type GraphqlClient } from './graphql-client.ts'

/** Every payload that the documentation prints, as files. */
const EXAMPLES = fileURLToPath(new URL('../../test/fixtures/examples', import.meta.url))

/** Milliseconds after which something is wrong: the last retry is due 6 s after the first try. */
const PATIENCE = 30_000

const USAGE = `npm run demo [-- --keep]

Starts the service with a fresh database and two receivers, publishes every documented event and prints each
attempt as the live feed brings it. It ends with a summary, and cleans up.

  --keep   leave it all running, with GraphiQL on PORT (4000), until Ctrl-C`

async function main(): Promise<void> {
  const options = process.argv.slice(2)
  const keep = options.includes('--keep')
  if (options.some((option) => option !== '--keep')) return void console.log(USAGE)
  const made = new AsyncDisposableStack()
  let closed: Promise<void> | null = null
  const close = () => {
    // What is just starting is closed once it has started: it would be left otherwise.
    closed ??= starting.catch(() => {}).then(() => made.disposeAsync())
    return closed
  }
  // Before anything is made: a signal that nothing listens to ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void close().then(() => process.exit(keep ? 0 : 1), fail))
  }
  const starting = start(made, keep)
  try {
    const { service, receivers } = await starting
    const { url, apiKey } = service as { url: string; apiKey: string }
    const client = createGraphqlClient({ url, apiKey })
    const passed = await show(client, receivers)
    await client.close()
    process.exitCode = passed ? 0 : 1
    if (keep) {
      console.log(
        `\nConsole:  ${strong(url)}\nGraphiQL: ${strong(`${url}/graphql`)}\nAPI key:  ${apiKey}\n\nCtrl-C ends it.`,
      )
      return
    }
  } catch (error) {
    await close()
    throw error
  }
  await close()
  process.exit()
}

/** Starts two receivers and the service in a new folder. `made` gets what has to be closed and removed, also when it fails. */
async function start(
  made: AsyncDisposableStack,
  keep: boolean,
): Promise<{ service: Service; receivers: readonly [DemoReceiver, DemoReceiver] }> {
  const log = createLogger('warn')
  const dataDir = await mkdtemp(join(tmpdir(), 'bigmind-webhooks-demo-'))
  made.defer(() => rm(dataDir, { recursive: true, force: true }))
  console.log(quiet(`Starting the service with a fresh PostgreSQL in ${dataDir} …`))
  const steady = made.adopt(await startDemoReceiver(), (receiver) => receiver.close())
  const flaky = made.adopt(await startDemoReceiver([500, 500]), (receiver) => receiver.close())
  const starting = startService(configFor(dataDir, keep), { log, version })
  const service = made.adopt(await starting, (started) => started.close())
  return { service, receivers: [steady, flaky] }
}

/** A service of its own, which may send to this machine. Kept, it takes the usual port. */
function configFor(dataDir: string, keep: boolean): Config {
  return loadConfig({
    DATA_DIR: dataDir,
    PORT: keep ? process.env.PORT : '0',
    DELIVERY_ALLOW_HTTP: 'true',
    DELIVERY_ALLOW_NETWORKS: '127.0.0.0/8,::1/128',
  })
}

/** @returns whether everything arrived and every signature verified */
async function show(
  client: GraphqlClient,
  [steady, flaky]: readonly [DemoReceiver, DemoReceiver],
): Promise<boolean> {
  const all = catalogue.map(({ name }) => enumName(name))
  await connect(client, steady, { name: 'Steady receiver', events: all })
  await connect(client, flaky, { name: 'Flaky receiver', events: ['SUMMARY_CREATED'] })

  console.log(`\n${strong('Two receivers verify what comes, one of them fails twice at first.')}\n`)
  console.log(`  ${heading()}`)
  const expected = Promise.withResolvers<number>()
  const watching = watch(client, expected.promise)
  const deliveries = await publishExamples(client)
  expected.resolve(deliveries)
  const { attempts, succeeded } = await watching

  const verified = steady.verified + flaky.verified
  const passed = succeeded === deliveries && verified === attempts
  const words = `${succeeded} of ${deliveries} deliveries succeeded in ${attempts} attempts; ${verified} of ${attempts} signatures verified.`
  console.log(`\n${passed ? good(`✓ ${words}`) : bad(`✗ ${words}`)}`)
  return passed
}

/** Prints each attempt as the subscription brings it, until every delivery has succeeded or it takes too long. */
async function watch(
  client: GraphqlClient,
  expected: Promise<number>,
): Promise<{ attempts: number; succeeded: number }> {
  const late = setTimeout(() => client.close(), PATIENCE)
  const succeeded = new Set<string>()
  let attempts = 0
  for await (const { deliveryAttempted: attempt } of client.subscribe(DeliveryAttempted, {})) {
    attempts += 1
    console.log(attemptLine(attempt))
    if (attempt.status === 'SUCCEEDED') succeeded.add(attempt.delivery.id)
    // The first ones come while the rest is still being published.
    if (succeeded.size >= (await Promise.race([expected, Number.POSITIVE_INFINITY]))) break
  }
  clearTimeout(late)
  return { attempts, succeeded: succeeded.size }
}

async function connect(
  client: GraphqlClient,
  receiver: DemoReceiver,
  settings: { name: string; events: ReturnType<typeof enumName>[] },
): Promise<void> {
  const input = { ...settings, url: receiver.url }
  const { id } = unlessRefused(
    (await client.request(CreateDestination, { input })).destinationCreate,
  )
  unlessRefused((await client.request(ActivateDestination, { id })).destinationActivate)
  const { destinationRevealSecret } = await client.request(RevealSecret, { id })
  receiver.secret = unlessRefused(destinationRevealSecret).secret
}

/** @returns how many deliveries that made */
async function publishExamples(client: GraphqlClient): Promise<number> {
  let deliveries = 0
  for (const file of (await readdir(EXAMPLES)).sort()) {
    const example = JSON.parse(await readFile(join(EXAMPLES, file), 'utf8')) as EventPayload
    const { event, data, relations, timestamp } = example
    const input = {
      event: enumName(event),
      data,
      timestamp,
      relations: {
        associatedAccountIds: relations?.associated_account_ids ?? [],
        associatedContactIds: relations?.associated_contact_ids ?? [],
        associatedDealIds: relations?.associated_deal_ids ?? [],
        associatedLeadIds: relations?.associated_lead_ids ?? [],
      },
    }
    const { eventPublish } = await client.request(PublishEvent, { input })
    deliveries += unlessRefused(eventPublish).deliveryCount
  }
  return deliveries
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

main().catch(fail)
