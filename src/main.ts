import { EmbeddedPostgresError } from './adapters/embedded-postgres-error.ts'
import { createLogger } from './adapters/logger.ts'
import { MigrationError } from './adapters/migrations.ts'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { startService } from './service.ts'
import { version } from './version.ts'

/** npm start [-- api | worker | all] */
async function main(): Promise<void> {
  const config = loadConfig(process.env, process.argv[2])
  const log = createLogger(config.logLevel)
  const service = await startService(config, { log, version })
  if (service.firstStart && service.apiKey) console.log(firstKey(config, service.apiKey))
  log.info({ role: config.role, url: service.url, version }, 'started')
  if (service.url) console.log(`GraphiQL: ${service.url}/graphql`)

  let closing = false
  const close = async (signal: string) => {
    // Whoever asks twice does not want to wait.
    if (closing) process.exit(1)
    closing = true
    log.info({ signal }, 'closing')
    await service.close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      close(signal).catch((error: unknown) => {
        log.error({ err: error }, 'could not close in good order')
        process.exit(1)
      })
    })
  }
}

function firstKey({ databaseUrl, dataDir }: Config, key: string): string {
  const kept =
    databaseUrl === null ? `It is kept in ${dataDir}/api-key.` : 'Keep it: it is not shown again.'
  return `The organization "Local" was made, with an API key that may do everything:\n\n  ${key}\n\n${kept}`
}

/** What the operator can mend is said in a sentence; what is a bug comes with its trace. */
main().catch((error: unknown) => {
  const explained =
    error instanceof ConfigError ||
    error instanceof EmbeddedPostgresError ||
    error instanceof MigrationError ||
    (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
  console.error(explained ? error.message : error)
  process.exit(1)
})
