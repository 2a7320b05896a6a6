import { randomBytes } from 'node:crypto'
import { createDatabase } from './adapters/database.ts'
import { startDrainPump } from './adapters/drain-pump.ts'
import { lowestId, newId } from './adapters/ids.ts'
import { createListener } from './adapters/listener.ts'
import { createQueue, startQueue, takeBackJobs } from './adapters/queue.ts'
import { createSecretBox, type EncryptionKey } from './adapters/secret-box.ts'
import { systemClock } from './adapters/system-clock.ts'
import { startWakeWorker } from './adapters/wake-worker.ts'
import { createWebhookClient, type WebhookClientOptions } from './adapters/webhook-client.ts'
import type { AddressPolicy } from './domain/address.ts'
import type { Scope } from './domain/api-key.ts'
import { generateSecret } from './domain/signature.ts'
import type { Context, ServicePorts } from './graphql/context.ts'
import { createMaskError } from './graphql/mask-error.ts'
import { createSchema } from './graphql/schema.ts'
import { drainDestination } from './jobs/drain-destination.ts'
import { every } from './jobs/every.ts'
import { PURGE_EVERY, purgeExpired } from './jobs/purge-expired.ts'
import { SWEEP_EVERY, wakeOverdue } from './jobs/wake-overdue.ts'
import { type RunningServer, startServer } from './server/start-server.ts'
import { createApiKey, createAuthenticator, createFirstApiKey } from './services/api-key.ts'
import { createAttemptFeed } from './services/attempt-feed.ts'
import { createAttemptRecorder } from './services/attempt-recorder.ts'
import { createDestinationFeed } from './services/destination-feed.ts'
import { createPersist } from './services/persist.ts'
import type { Clock, Logger } from './services/ports.ts'
import { createPublisher } from './services/publisher.ts'

/** Milliseconds after which a worker that closes gives up what it still has to write. */
const CLOSE_WITHIN = 5_750

export interface AppOptions {
  /** A migrated PostgreSQL. */
  databaseUrl: string
  encryptionKeys: readonly EncryptionKey[]
  addressPolicy: AddressPolicy
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

/**
 * The only place where parts are put together. Nothing runs yet: start the roles that this process has.
 */
export async function createApp(options: AppOptions) {
  const { log, clock = systemClock } = options
  const db = createDatabase(options.databaseUrl, { log })
  const listener = createListener(options.databaseUrl, { log })
  const closing = new AbortController()
  const persist = createPersist({ db, clock, log }, closing.signal)
  const adapter = createQueue({ db, clock, log })
  const { boss, queue } = adapter
  await startQueue(boss)
  const secrets = createSecretBox(options.encryptionKeys)
  const publisher = createPublisher({ db, queue, newId })
  const feedPorts = { db, listener, clock, log }
  const attemptFeed = await createAttemptFeed(feedPorts)
  const destinationFeed = await createDestinationFeed(feedPorts)
  const ports: ServicePorts = {
    db,
    queue,
    secrets,
    clock,
    newId,
    newSecret: () => generateSecret(randomBytes),
    addressPolicy: options.addressPolicy,
    publisher,
    attemptFeed,
    destinationFeed,
  }
  const keyPorts = { db, newId, randomBytes }
  const authenticate = createAuthenticator({ db, clock, log })

  return {
    ports,
    authenticate,
    createFirstApiKey: () => createFirstApiKey(keyPorts),
    createApiKey: (organization: string, key: { name: string; scopes: readonly Scope[] }) =>
      createApiKey(keyPorts, organization, key),

    /**
     * Delivers, until closed: what is on the wire then ends first, within the 5 s that an attempt has.
     * @param options.alone that no other worker can be running, so what one held is free
     */
    async startWorker({ alone = false } = {}): Promise<Running> {
      if (alone) await takeBackJobs({ db, queue })
      const recorder = createAttemptRecorder({ db, queue, newId, persist, log })
      const sender = createWebhookClient({
        policy: options.addressPolicy,
        userAgent: `Bigmind-Webhooks/${options.version}`,
        clock,
        ...options.client,
      })
      const drainPorts = { db, recorder, sender, secrets, clock }
      const pump = await startDrainPump(
        { boss, queue, db, listener, persist, clock, log },
        (turn) => drainDestination(drainPorts, turn),
      )
      const wakeWorker = await startWakeWorker({ adapter, db, clock })
      const sweep = every({ clock, log }, SWEEP_EVERY, () => wakeOverdue({ db, queue, log }))
      const purge = every({ clock, log }, PURGE_EVERY, () =>
        purgeExpired({ db, clock, log, lowestId }, options.retentionDays),
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
    },

    /** Answers the API. `localKey` is shown in GraphiQL to browsers on this machine. */
    startApi(address: { host: string; port: number; localKey?: string }): Promise<RunningServer> {
      const { host, port, localKey } = address
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
    },

    /** Ends what the roles share. Close the roles first. */
    async close(): Promise<void> {
      closing.abort()
      await Promise.all([attemptFeed.close(), destinationFeed.close(), publisher.idle()])
      await boss.stop({ graceful: false, close: false })
      await listener.close()
      await db.close()
    },
  }
}
