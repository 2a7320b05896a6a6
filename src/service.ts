import { startEmbeddedPostgres } from './adapters/embedded-postgres.ts'
import { localEncryptionKey, readLocalApiKey, writeLocalApiKey } from './adapters/local-files.ts'
import { migrate } from './adapters/migrations.ts'
import { type App, createApp } from './app.ts'
import type { Config } from './config.ts'
import type { Logger } from './services/ports.ts'

export interface Service {
  /** Where the API answers; null for a worker alone. */
  url: string | null
  /** A key that may do everything: the embedded service's own, or the one just made. Null otherwise. */
  apiKey: string | null
  /** Whether this start made the first key: it is not shown again. */
  firstStart: boolean
  app: App
  /** Lets what is running end, hands the rest to the next start, and stops the database if it is ours. */
  close(): Promise<void>
}

/**
 * Starts the roles of this process, after the database they need: embedded unless the configuration names
 * one, and migrated.
 * @throws EmbeddedPostgresError, MigrationError, and what the network says when the address is taken
 */
export async function startService(
  config: Config,
  { log, version }: { log: Logger; version: string },
): Promise<Service> {
  const { role, host, port, dataDir } = config
  const closing: (() => Promise<void>)[] = []
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step()
  }
  try {
    // First, as it opens a new folder to the user that PostgreSQL runs as.
    const databaseUrl = config.databaseUrl ?? (await startDatabase(dataDir, log, closing))
    const encryptionKeys = config.encryptionKeys ?? [await localEncryptionKey(dataDir)]
    const migrations = await migrate(databaseUrl)
    if (migrations.length > 0) log.info({ migrations }, 'migrated the database')
    const app = await createApp({ ...config, databaseUrl, encryptionKeys, version, log })
    closing.push(() => app.close())
    const roles: { close(): Promise<void> }[] = []
    closing.push(async () => void (await Promise.all(roles.map((one) => one.close()))))
    const { apiKey, firstStart } = await firstApiKey(app, config)
    const api =
      role === 'worker'
        ? null
        : await app.startApi({
            host,
            port,
            ...(config.databaseUrl === null && apiKey ? { localKey: apiKey } : {}),
          })
    if (api) roles.push(api)
    // One process owns an embedded database, so whoever worked on it before is gone.
    const alone = config.databaseUrl === null
    const worker = role === 'api' ? null : await app.startWorker({ alone })
    if (worker) roles.push(worker)
    return { url: api?.url ?? null, apiKey, firstStart, app, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function startDatabase(
  dataDir: string,
  log: Logger,
  closing: (() => Promise<void>)[],
): Promise<string> {
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: (message) => log.info({}, message),
  })
  closing.push(() => postgres.stop())
  return postgres.url
}

async function firstApiKey(
  app: App,
  { databaseUrl, dataDir }: Config,
): Promise<{ apiKey: string | null; firstStart: boolean }> {
  const made = await app.createFirstApiKey()
  if (databaseUrl !== null) return { apiKey: made, firstStart: made !== null }
  if (made) await writeLocalApiKey(dataDir, made)
  return { apiKey: made ?? (await readLocalApiKey(dataDir)), firstStart: made !== null }
}
