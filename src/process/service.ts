import type { Config } from '../config/config.ts'
import type { OtlpProtocol } from '../config/traces.ts'
import { readTrustedDocuments } from '../server/documents/trusted-documents.ts'
import { startEmbeddedPostgres } from '../storage/embedded-postgres/embedded-postgres.ts'
import { migrate } from '../storage/migrations/migrations.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createTracing, isTracingRegistered } from '../telemetry/otel.ts'
import { untraced } from '../telemetry/tracing.ts'
import { type App, createApp } from './app.ts'
import { localEncryptionKey, readLocalApiKey, writeLocalApiKey } from './local-files.ts'

export interface Service {
  /** Where this process listens: with the API, or as a worker that has a port with health and metrics alone. */
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
  const { dataDir } = config
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
    if (config.traces) await startTraces({ log, version, protocol: config.traces }, closing)
    const tracing = createTracing(version) ?? untraced
    const { trustedDocumentsFile: file } = config
    const trustedDocuments = file === null ? undefined : await readTrustedDocuments(file)
    const ports = { databaseUrl, encryptionKeys, version, log, tracing, trustedDocuments }
    const app = await createApp({ ...config, ...ports })
    closing.push(() => app.close())
    const { apiKey, firstStart } = await firstApiKey(app, config)
    const url = await startRoles(app, { apiKey, config, log }, closing)
    return { url, apiKey, firstStart, app, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The listener comes last, so that whoever is answered finds all of it running. @returns where it listens */
async function startRoles(
  app: App,
  { apiKey, config, log }: { apiKey: string | null; config: Config; log: Logger },
  closing: (() => Promise<void>)[],
): Promise<string | null> {
  const { host, port, role } = config
  // One process owns an embedded database, so whoever worked on it before is gone.
  const alone = config.databaseUrl === null
  const worker = role === 'api' ? null : await app.startWorker({ alone })
  if (role === 'worker' || port === null) {
    const monitoring = port === null ? null : await startMonitoring(app, { host, port }, log)
    // How a worker is doing is of interest while it closes, too.
    closing.push(async () => monitoring?.close())
    closing.push(async () => worker?.close())
    return monitoring?.url ?? null
  }
  const roles: { close(): Promise<void> }[] = worker ? [worker] : []
  closing.push(async () => void (await Promise.all(roles.map((one) => one.close()))))
  const api = await app.startApi({ host, port, ...(alone && apiKey ? { localKey: apiKey } : {}) })
  roles.push(api)
  return api.url
}

/** Loaded only where traces are sent, and only if nobody has registered an SDK of their own. */
async function startTraces(
  ports: { log: Logger; version: string; protocol: OtlpProtocol },
  closing: (() => Promise<void>)[],
): Promise<void> {
  if (isTracingRegistered()) return
  const { startTraceExport } = await import('../telemetry/trace-export.ts')
  const traces = startTraceExport(ports)
  closing.push(() => traces.close())
}

/** A worker delivers also when another process has its port, as the API on the same machine may. */
async function startMonitoring(
  app: App,
  { host, port }: { host: string; port: number },
  log: Logger,
): Promise<{ url: string; close(): Promise<void> } | null> {
  return app.startMonitoring({ host, port }).catch((error: unknown) => {
    log.warn({ err: error }, 'this worker has no port for health and metrics')
    return null
  })
}

async function startDatabase(
  dataDir: string,
  log: Logger,
  closing: (() => Promise<void>)[],
): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir, log })
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
