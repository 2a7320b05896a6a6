import { randomBytes } from 'node:crypto'
import { createDatabase } from './adapters/database.ts'
import { startDrainPump } from './adapters/drain-pump.ts'
import { lowestId, newId } from './adapters/ids.ts'
import { createTokenVerifier, type JwtSettings } from './adapters/jwt.ts'
import { createListener } from './adapters/listener.ts'
import { createQueue, startQueue, takeBackJobs } from './adapters/queue.ts'
import { createSecretBox, type EncryptionKey } from './adapters/secret-box.ts'
import { systemClock } from './adapters/system-clock.ts'
import { startWakeWorker } from './adapters/wake-worker.ts'
import { createWebhookClient, type WebhookClientOptions } from './adapters/webhook-client.ts'
import type { AddressPolicy } from './domain/address.ts'
import { generateSecret } from './domain/signature.ts'
import type { Context, ServicePorts } from './graphql/context.ts'
import { createMaskError } from './graphql/mask-error.ts'
import { createSchema } from './graphql/schema.ts'
import { drainDestination } from './jobs/drain-destination.ts'
import { every } from './jobs/every.ts'
import { PURGE_EVERY, purgeExpired } from './jobs/purge-expired.ts'
import { SWEEP_EVERY, wakeOverdue } from './jobs/wake-overdue.ts'
import { type RunningServer, startServer } from './server/start-server.ts'
import {
  createApiKey,
  createFirstApiKey,
  createPlatformKey,
  type NewApiKey,
} from './services/api-key.ts'
import { createAttemptFeed } from './services/attempt-feed.ts'
import { createAttemptRecorder } from './services/attempt-recorder.ts'
import { createAuthenticator } from './services/authentication.ts'
import { createDestinationFeed } from './services/destination-feed.ts'
import { adoptRestoredRows } from './services/feed-tail.ts'
import { createPersist } from './services/persist.ts'
import type { Clock, Logger } from './services/ports.ts'
import { createPublisher } from './services/publisher.ts'

export interface AppOptions {
  /** A migrated PostgreSQL. */
  databaseUrl: string
  encryptionKeys: readonly EncryptionKey[]
  addressPolicy: AddressPolicy
  /** Which tokens of the host product are taken; null or left out for none. */
  jwt?: JwtSettings | null
  retentionDays: number
  version: string
  log: Logger
  clock?: Clock
  /** Overrides of the webhook client, for tests: resolver and time limit. */
  client?: Pick<WebhookClientOptions, 'resolve' | 'timeoutMs'>
}

/** A part that runs until it is closed. */
export interface Running {
  close(): Promise<void>
}

export type App = Awaited<ReturnType<typeof createApp>>

/** Milliseconds after which a worker that closes gives up what it still has to write. */
const CLOSE_WITHIN = 5_750

/**
 * The only place where parts are put together: what the roles share is connected here, and the roles of
 * this process are then started on it.
 */
export async function createApp(options: AppOptions) {
  const parts = await connect(options)
  const { db, keyPorts, ports } = parts
  return {
    ports,
    authenticate: parts.authenticate,
    createFirstApiKey: () => createFirstApiKey(keyPorts),
    createApiKey: (organization: string, key: NewApiKey) =>
      createApiKey(keyPorts, organization, key),
    createPlatformKey: (key: NewApiKey) => createPlatformKey(keyPorts, key),
    /** Answers the API. `localKey` is shown in GraphiQL to browsers on this machine. */
    startApi: (address: { host: string; port: number; localKey?: string }) =>
      startApi(parts, address),
    /**
     * Delivers, until closed: what is on the wire then ends first, within the 5 s that an attempt has.
     * @param role.alone that no other worker can be running, so what one held is free
     */
    startWorker: (role: { alone?: boolean } = {}) => startWorker(parts, role),
    /** Ends what the roles share. Close the roles first. */
    async close(): Promise<void> {
      parts.closing.abort()
      await Promise.all([
        parts.attemptFeed.close(),
        parts.destinationFeed.close(),
        parts.publisher.idle(),
      ])
      await parts.boss.stop({ graceful: false, close: false })
      await parts.listener.close()
      await db.close()
    },
  }
}

type Parts = Awaited<ReturnType<typeof connect>>

async function connect(options: AppOptions) {
  const { log, clock = systemClock } = options
  const db = createDatabase(options.databaseUrl, { log })
  const listener = createListener(options.databaseUrl, { log })
  const closing = new AbortController()
  const queueAdapter = createQueue({ db, clock, log })
  const { boss, queue } = queueAdapter
  await startQueue(boss)
  await adoptRestoredRows(db)
  const feeds = {
    attemptFeed: await createAttemptFeed({ db, listener, clock, log }),
    destinationFeed: await createDestinationFeed({ db, listener, clock, log }),
  }
  const ports: ServicePorts = {
    db,
    queue,
    secrets: createSecretBox(options.encryptionKeys),
    clock,
    newId,
    newSecret: () => generateSecret(randomBytes),
    randomBytes,
    addressPolicy: options.addressPolicy,
    publisher: createPublisher({ db, queue, newId }),
    ...feeds,
  }
  const verifyToken = options.jwt ? createTokenVerifier(options.jwt, { clock }) : null
  return {
    ...ports,
    ...feeds,
    db,
    ports,
    options,
    log,
    listener,
    queueAdapter,
    boss,
    closing,
    persist: createPersist({ db, clock, log }, closing.signal),
    authenticate: createAuthenticator({ ...ports, log, verifyToken }),
    keyPorts: { db, newId, randomBytes },
  }
}

function startApi(
  { authenticate, db, log, ports }: Parts,
  { host, port, localKey }: { host: string; port: number; localKey?: string },
): Promise<RunningServer> {
  return startServer({
    host,
    port,
    schema: createSchema(),
    createContext: (request): Context => ({ ...request, ports }),
    authenticate,
    maskError: createMaskError({ log }),
    log,
    ready: async () => (await db.query('select 1')).length === 1,
    graphiql: localKey === undefined ? {} : { localKey },
  })
}

async function startWorker(parts: Parts, { alone = false }: { alone?: boolean }): Promise<Running> {
  const { clock, closing, db, options, queue } = parts
  if (alone) await takeBackJobs({ db, queue })
  const recorder = createAttemptRecorder(parts)
  const sender = createWebhookClient({
    policy: options.addressPolicy,
    userAgent: `Bigmind-Webhooks/${options.version}`,
    clock,
    ...options.client,
  })
  const drainPorts = { ...parts, recorder, sender }
  const pump = await startDrainPump(parts, (turn) => drainDestination(drainPorts, turn))
  const wakeWorker = await startWakeWorker({ adapter: parts.queueAdapter, db, clock })
  const sweep = every(parts, SWEEP_EVERY, () => wakeOverdue(parts))
  const purge = every(parts, PURGE_EVERY, () =>
    purgeExpired({ ...parts, lowestId }, options.retentionDays),
  )
  return {
    async close() {
      // Longer than an attempt and its commit take. A database that is away must not keep us.
      const late = setTimeout(() => closing.abort(), CLOSE_WITHIN)
      await Promise.all([pump.stop(), wakeWorker.stop(), sweep.stop(), purge.stop()])
      await recorder.idle()
      await sender.close()
      clearTimeout(late)
    },
  }
}
