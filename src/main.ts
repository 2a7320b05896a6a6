import { type Config, loadConfig } from './config/config.ts'
import { version } from './config/version.ts'
import { printLinks } from './process/links.ts'
import type { Service } from './process/start.ts'
import { EXIT_CODES, explainStartupError } from './process/startup-error.ts'
import { createLogger } from './telemetry/logger.ts'

const USAGE = `Usage: npm start [-- ROLE]

Start the service.

Roles:
  all      run the API and a worker in one process (default)
  api      run the API only; requires DATABASE_URL
  worker   run a worker only; requires DATABASE_URL

Environment variables configure the service: see docs/configuration.md.`

/**
 * Time limit for closing: an attempt takes up to 5 s and is then recorded. Without a limit, a database that does not answer
 * would delay the exit by minutes. With an embedded database there is no limit, because it has to be stopped.
 */
const CLOSE_TIMEOUT_MS = 5_900

async function main(): Promise<void> {
  const [role] = process.argv.slice(2)
  if (role === '--help' || role === '-h') return void console.log(USAGE)
  let config: Config | null = null
  try {
    config = loadConfig(process.env, role)
    const log = createLogger(config.logLevel)
    // Most of the program is loaded after the configuration is checked.
    const { startService } = await import('./process/start.ts')
    const starting = startService(config, { log, version })
    closeOnSignal(starting, { log, config })
    announce(config, await starting)
    log.info({ role: config.role, url: (await starting).url, version }, 'started')
  } catch (error) {
    const { exitCode, sentence } = explainStartupError(error, config)
    if (exitCode === EXIT_CODES.internal) {
      createLogger(config?.logLevel ?? 'info').error({ err: error }, 'could not start')
    }
    console.error(sentence)
    process.exit(exitCode)
  }
}

/** Closes the service on a signal. A signal during the start takes effect when the start is complete. */
function closeOnSignal(
  starting: Promise<Service>,
  { log, config }: { log: ReturnType<typeof createLogger>; config: Config },
): void {
  let closing = false
  const abandon = () => {
    log.error({}, 'could not close in time: attempts that are not recorded will be repeated')
    process.exit(1)
  }
  const close = async (signal: NodeJS.Signals) => {
    if (closing) {
      // When a terminal closes, the kernel and the shell may each send SIGHUP, so a second one changes nothing.
      if (signal === 'SIGHUP') return
      process.exit(1)
    }
    closing = true
    log.info({ signal }, 'closing')
    if (config.databaseUrl !== null) setTimeout(abandon, CLOSE_TIMEOUT_MS)
    try {
      await (await starting).close()
      process.exit(0)
    } catch (error) {
      log.error({ err: error }, 'could not close')
      process.exit(1)
    }
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => void close(signal))
  }
}

function announce(
  { basePath, databaseUrl, dataDir, role }: Config,
  { apiKey, firstStart, signIn, url }: Service,
): void {
  if (firstStart && apiKey) {
    const hint =
      databaseUrl === null ? `It is stored in ${dataDir}/api-key.` : 'It is not shown again.'
    console.log(
      `Created the organization "Local" and an API key with every scope:\n\n  ${apiKey}\n\n${hint}`,
    )
  }
  if (!url || role === 'worker') return
  printLinks({ root: url + basePath, signIn }, (line) => console.log(line))
}

await main()
