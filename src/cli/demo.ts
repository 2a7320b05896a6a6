import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, loadConfig } from '../config/config.ts'
import { version } from '../config/version.ts'
import { printLinks } from '../process/links.ts'
import { type Service, startService } from '../process/start.ts'
import { createLogger } from '../telemetry/logger.ts'
import { type DemoReceiver, startDemoReceiver } from './demo/receiver.ts'
import { dim } from './demo/report.ts'
import { runDemo } from './demo/run.ts'
import { createGraphqlClient } from './graphql-client.ts'

const USAGE = `Usage: npm run demo [-- --keep]

Start the service with a fresh database and two receivers, publish every
documented event, print each attempt from the live feed, then print a summary
and clean up.

Options:
  --keep   keep the service running, on PORT (default: 4000), until Ctrl-C
  --help   show this help`

interface Demo {
  service: Service
  receivers: readonly [steady: DemoReceiver, flaky: DemoReceiver]
}

async function main(): Promise<void> {
  const options = process.argv.slice(2)
  if (options.some((option) => option === '--help' || option === '-h')) {
    return void console.log(USAGE)
  }
  const unknown = options.find((option) => option !== '--keep')
  if (unknown !== undefined) {
    throw new Error(`There is no option "${unknown}".\nSee: npm run demo -- --help`)
  }
  const keep = options.includes('--keep')
  const resources = new AsyncDisposableStack()
  let closed: Promise<void> | null = null
  const close = () => {
    // A demo that is still starting is closed when its start has ended.
    closed ??= starting.catch(() => {}).then(() => resources.disposeAsync())
    return closed
  }
  // The signals are handled before anything is created, so that nothing is left behind.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void close().then(() => process.exit(keep ? 0 : 1), fail))
  }
  const starting = startDemo(resources, keep)
  try {
    const passed = await present(await starting, keep)
    process.exitCode = passed ? 0 : 1
  } catch (error) {
    await close()
    throw error
  }
  if (keep) return
  await close()
  process.exit()
}

/** Runs the demo and, with --keep, prints where the service is. @returns whether all deliveries succeeded */
async function present({ service, receivers }: Demo, keep: boolean): Promise<boolean> {
  const { url, apiKey } = service as { url: string; apiKey: string }
  const client = createGraphqlClient({ url, apiKey })
  const passed = await runDemo(client, receivers)
  await client.close()
  if (keep) {
    console.log('')
    printLinks({ root: url, signIn: service.signIn }, (line) => console.log(line))
    console.log(`API key: ${apiKey}\n\nPress Ctrl-C to stop.`)
  }
  return passed
}

/** Starts two receivers and the service in a new folder. What has to be closed is added to `resources`, also on failure. */
async function startDemo(resources: AsyncDisposableStack, keep: boolean): Promise<Demo> {
  const log = createLogger('warn')
  const dataDir = await mkdtemp(join(tmpdir(), 'bigmind-webhooks-demo-'))
  resources.defer(() => rm(dataDir, { recursive: true, force: true }))
  console.log(dim(`Starting the service with a fresh PostgreSQL in ${dataDir} …`))
  const steady = resources.adopt(await startDemoReceiver(), (receiver) => receiver.close())
  const flaky = resources.adopt(await startDemoReceiver([500, 500]), (receiver) => receiver.close())
  const starting = startService(configFor(dataDir, keep), { log, version })
  const service = resources.adopt(await starting, (started) => started.close())
  return { service, receivers: [steady, flaky] }
}

/** Returns the configuration of a service that may send to this machine. */
function configFor(dataDir: string, keep: boolean): Config {
  return loadConfig({
    DATA_DIR: dataDir,
    PORT: keep ? process.env.PORT : '0',
    DELIVERY_ALLOW_HTTP: 'true',
    DELIVERY_ALLOW_NETWORKS: '127.0.0.0/8,::1/128',
  })
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

main().catch(fail)
