import type { Config } from '../config/config.ts'
import type { OtlpProtocol } from '../config/traces.ts'
import { readTrustedDocuments } from '../server/documents/trusted-documents.ts'
import { createSignIn, type SignIn } from '../server/pages/sign-in.ts'
import { startEmbeddedPostgres } from '../storage/embedded-postgres/embedded-postgres.ts'
import { migrate } from '../storage/migrations/migrations.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createTracing, isTracingRegistered } from '../telemetry/otel.ts'
import { untraced } from '../telemetry/tracing.ts'
import { type App, createApp } from './app.ts'
import { localEncryptionKey, readLocalApiKey, writeLocalApiKey } from './local-files.ts'

export interface Service {
  /** The URL that this process listens on; for a worker, the URL of health and metrics. Null when it does not listen. */
  url: string | null
  /** A key with every scope: that of the embedded service, or the one just created. Null otherwise. */
  apiKey: string | null
  /** Whether this start created the first key, which is shown only once. */
  firstStart: boolean
  app: App
  /** Signs in browsers on this machine. Null with DATABASE_URL. */
  signIn: SignIn | null
  /** Completes running work, leaves the rest to other processes or the next start, and stops the embedded database. */
  close(): Promise<void>
}

interface StartPorts {
  log: Logger
  version: string
}

/**
 * Starts the embedded database unless the configuration names one, applies migrations, then starts the roles of this process.
 * @throws EmbeddedPostgresError, LocalFileError, MigrationError, TrustedDocumentsError, and errors of the database and the
 *   network; `explainStartupError` explains them
 */
export async function startService(config: Config, ports: StartPorts): Promise<Service> {
  await using starting = new AsyncDisposableStack()
  const app = await prepareApp(config, ports, starting)
  starting.defer(app.close)
  const { apiKey, firstStart } = await firstApiKey(app, config)
  const isLocal = config.databaseUrl === null && apiKey !== null
  const signIn = isLocal ? createSignIn(() => apiKey) : null
  const url = await startRoles(app, { config, log: ports.log, signIn }, starting)
  const closers = starting.move()
  return { url, apiKey, firstStart, app, signIn, close: () => closers.disposeAsync() }
}

async function prepareApp(
  config: Config,
  { log, version }: StartPorts,
  closers: AsyncDisposableStack,
): Promise<App> {
  const { dataDir, trustedDocumentsFile } = config
  // Starting the database gives the user that runs PostgreSQL access to a new folder.
  const databaseUrl = config.databaseUrl ?? (await startDatabase(dataDir, log, closers))
  const encryptionKeys = config.encryptionKeys ?? [await localEncryptionKey(dataDir)]
  const migrations = await migrate(databaseUrl)
  if (migrations.length > 0) log.info({ migrations }, 'migrated the database')
  if (config.traces) await startTraces({ log, version, protocol: config.traces }, closers)
  const tracing = createTracing(version) ?? untraced
  const trustedDocuments =
    trustedDocumentsFile === null ? undefined : await readTrustedDocuments(trustedDocumentsFile)
  const ports = { databaseUrl, encryptionKeys, version, log, tracing, trustedDocuments }
  return createApp({ ...config, ...ports })
}

/** Starts the API last, so that a process that answers has all its roles. @returns the URL that it listens on */
async function startRoles(
  app: App,
  { config, log, signIn }: { config: Config; log: Logger; signIn: SignIn | null },
  closers: AsyncDisposableStack,
): Promise<string | null> {
  const { host, metricsListener, port, role } = config
  // An embedded database belongs to one process, so no earlier worker can be running.
  const alone = config.databaseUrl === null
  if (metricsListener) {
    const metrics = await startMonitoring(app, { ...metricsListener, ownListener: true }, log)
    if (metrics) log.info({ url: `${metrics.url}/metrics` }, 'serving metrics')
    closers.defer(async () => metrics?.close())
  }
  const worker = role === 'api' ? null : await app.startWorker({ alone })
  if (role === 'worker' || port === null) {
    const monitoring = port === null ? null : await startMonitoring(app, { host, port }, log)
    // Health and metrics are served until the worker has closed.
    closers.defer(async () => monitoring?.close())
    closers.defer(async () => worker?.close())
    return monitoring?.url ?? null
  }
  const roles: { close(): Promise<void> }[] = worker ? [worker] : []
  closers.defer(async () => void (await Promise.all(roles.map((one) => one.close()))))
  const api = await app.startApi({ host, port, ...(signIn && { signIn }) })
  roles.push(api)
  return api.url
}

/** Exports traces unless an SDK is preloaded. The exporter is loaded only when it is used. */
async function startTraces(
  ports: StartPorts & { protocol: OtlpProtocol },
  closers: AsyncDisposableStack,
): Promise<void> {
  if (isTracingRegistered()) return
  const { startTraceExport } = await import('../telemetry/trace-export.ts')
  closers.defer(startTraceExport(ports).close)
}

/** Starts health and metrics. A process runs without them when the port is in use, for example by another process. */
async function startMonitoring(
  app: App,
  address: { host: string; port: number; ownListener?: boolean },
  log: Logger,
): Promise<{ url: string; close(): Promise<void> } | null> {
  return app.startMonitoring(address).catch((error: unknown) => {
    log.warn({ err: error }, 'this process has no port for health and metrics')
    return null
  })
}

async function startDatabase(
  dataDir: string,
  log: Logger,
  closers: AsyncDisposableStack,
): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir, log })
  closers.defer(() => postgres.stop())
  return postgres.url
}

async function firstApiKey(
  app: App,
  { databaseUrl, dataDir }: Config,
): Promise<{ apiKey: string | null; firstStart: boolean }> {
  const created = await app.createFirstApiKey()
  const firstStart = created !== null
  if (databaseUrl !== null) return { apiKey: created, firstStart }
  if (created) await writeLocalApiKey(dataDir, created)
  return { apiKey: created ?? (await readLocalApiKey(dataDir)), firstStart }
}
