import {
  createApiKey,
  createFirstApiKey,
  createPlatformKey,
  type NewApiKey,
} from '../access/api-key.ts'
import type { Context } from '../graphql/context.ts'
import { createMaskError, type MaskError } from '../graphql/mask-error.ts'
import { createSchema } from '../graphql/schema.ts'
import { type Monitoring, startMonitoringServer } from '../server/monitoring.ts'
import { type RunningServer, startServer } from '../server/start-server.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { monitor, type ProcessState } from './health.ts'
import { type AppOptions, connect, type Parts } from './parts.ts'
import { startWorker } from './worker.ts'

/** A part that runs until it is closed. */
export interface Running {
  close(): Promise<void>
}

export type App = Awaited<ReturnType<typeof createApp>>

/**
 * The only place where parts are put together: what the roles share is connected here, and the roles of
 * this process are then started on it.
 */
export async function createApp(options: AppOptions) {
  const parts = await connect(options)
  const { db, keyPorts, ports } = parts
  const state: ProcessState = { worker: null, closing: false }
  const { monitoring, stop } = await monitor(parts, state)
  /** From the moment when the first role is told to end, the process is not ready for more. */
  const announced = <Role extends Running>(role: Role): Role => ({
    ...role,
    close() {
      state.closing = true
      return role.close()
    },
  })
  return {
    ports,
    authenticate: parts.authenticate,
    createFirstApiKey: () => createFirstApiKey(keyPorts),
    createApiKey: (organization: string, key: NewApiKey) =>
      createApiKey(keyPorts, organization, key),
    createPlatformKey: (key: NewApiKey) => createPlatformKey(keyPorts, key),
    /** Answers the API. `localKey` signs in GraphiQL and the console for browsers on this machine. */
    startApi: async (address: { host: string; port: number; localKey?: string }) =>
      announced(await startApi(parts, { ...address, monitoring })),
    /** Delivers; see `startWorker`. */
    async startWorker(role: { alone?: boolean } = {}): Promise<Running> {
      const worker = announced(await startWorker(parts, role))
      state.worker = worker
      return worker
    },
    /** Answers health and metrics alone, for a process without the API. Close it after the worker. */
    startMonitoring: (address: { host: string; port: number }) =>
      startMonitoringServer({ ...address, log: parts.log }, monitoring),
    /** Ends what the roles share. Close the roles first. */
    async close(): Promise<void> {
      parts.closing.abort()
      await Promise.all([
        stop(),
        parts.attemptFeed.close(),
        parts.destinationFeed.close(),
        parts.deletionFeed.close(),
        parts.publisher.idle(),
      ])
      await parts.boss.stop({ graceful: false, close: false })
      await parts.listener.close()
      await db.close()
    },
  }
}

interface ApiPlace {
  host: string
  port: number
  localKey?: string
  monitoring: Monitoring
}

function startApi(
  { authenticate, log, options, ports }: Parts,
  { host, localKey, monitoring, port }: ApiPlace,
): Promise<RunningServer> {
  const { allowedOrigins = [], basePath = '', mutationLimits, trustedDocuments } = options
  return startServer({
    host,
    port,
    schema: createSchema(),
    createContext: (request): Context => ({ ...request, ports }),
    authenticate,
    maskError: countErrors(createMaskError({ db: ports.db, log }), ports.metrics),
    log,
    tracing: ports.tracing,
    monitoring,
    graphiql: localKey === undefined ? {} : { localKey },
    console: localKey === undefined ? {} : { localKey },
    allowedOrigins,
    trustedDocuments,
    basePath,
    ...(mutationLimits && { mutationLimits }),
  })
}

/** What GraphQL itself has to say of a document or its variables comes without a code. */
const countErrors =
  (maskError: MaskError, metrics: Metrics): MaskError =>
  (error, requestId) => {
    const masked = maskError(error, requestId)
    const { code } = masked.extensions
    metrics.refused(typeof code === 'string' ? code : 'BAD_USER_INPUT')
    return masked
  }
