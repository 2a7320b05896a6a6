import { randomBytes } from 'node:crypto'
import { type Authenticate, createAuthenticator } from '../access/authentication.ts'
import { createTokenVerifier, type JwtSettings } from '../access/jwt.ts'
import { createKeyCheck, type FindInvalid } from '../access/key-check.ts'
import { type Clock, systemClock } from '../concurrency/clock.ts'
import type { WebhookClientOptions } from '../delivery/http/client.ts'
import { createQueue, type QueueAdapter, startQueue } from '../delivery/queue.ts'
import type { AddressPolicy } from '../domain/address.ts'
import { generateSecret, type RandomBytes } from '../domain/signature.ts'
import { createAttemptFeed } from '../feed/attempt-feed.ts'
import { createCursorSeal } from '../feed/cursor-seal.ts'
import { CHANGES, createDestinationFeed, DELETIONS } from '../feed/destination-feed.ts'
import { adoptRestoredRows } from '../feed/restored-rows.ts'
import type { ServicePorts } from '../graphql/context.ts'
import { createHostLimit } from '../publishing/host-limit.ts'
import { createPublisher, type Publisher } from '../publishing/publisher.ts'
import type { TrustedDocuments } from '../server/documents/persisted-documents.ts'
import type { MutationLimits } from '../server/limits/mutation-limit.ts'
import { createDatabase, type DatabaseAdapter } from '../storage/database.ts'
import { lowestId, newId, timeOfId } from '../storage/ids.ts'
import { createListener, type ListenerAdapter } from '../storage/listener.ts'
import { createSecretCipher, type EncryptionKey } from '../storage/secret-encryption.ts'
import { createTransientRetry } from '../storage/transient-retry.ts'
import { countLogLines, type Logger } from '../telemetry/logger.ts'
import { createPrometheus, type Prometheus } from '../telemetry/prometheus.ts'
import { type Tracing, untraced } from '../telemetry/tracing.ts'

export interface AppOptions {
  /** A migrated PostgreSQL database. */
  databaseUrl: string
  encryptionKeys: readonly EncryptionKey[]
  addressPolicy: AddressPolicy
  /** The proxy for all deliveries. Default: none. */
  deliveryProxy?: URL | null
  /** Verifies JWTs of the host product. Default: null, no tokens are accepted. */
  jwt?: JwtSettings | null
  /** Origins of pages that may open WebSockets, beside the service's own. Default: none. */
  allowedOrigins?: readonly string[]
  /** Documents that clients may send by their ids. Default: none. */
  trustedDocuments?: TrustedDocuments | undefined
  /** The path below which a proxy serves the API and its pages, such as "/webhooks". Default: none. */
  basePath?: string
  /** Default: `DEFAULT_MUTATION_LIMITS`. */
  mutationLimits?: MutationLimits
  /** Time limit for a statement; that of a transaction is longer. Default: that of `createDatabase`. */
  statementTimeoutMs?: number
  /** Largest number of connections of the pool. Default: `POOL_SIZE`. */
  poolSize?: number
  retentionDays: number
  /** Days after which entries of the audit logs are deleted. Default: they are kept. */
  auditRetentionDays?: number
  version: string
  log: Logger
  /** Default: no traces. */
  tracing?: Tracing
  /** The token for /metrics. Default: null, only a listener of their own serves them. */
  metricsToken?: string | null
  clock?: Clock
  /** Options of the webhook client that tests replace: resolver and time limit. */
  client?: Pick<WebhookClientOptions, 'resolve' | 'timeoutMs'>
}

/** The parts that the roles of one process share, in groups. A function receives the groups that it uses. */
export interface Parts {
  options: AppOptions
  telemetry: { log: Logger; metrics: Prometheus; tracing: Tracing }
  storage: Storage
  jobs: QueueAdapter
  feeds: Feeds
  publisher: Publisher
  authenticate: Authenticate
  findInvalid: FindInvalid
}

interface Storage {
  db: DatabaseAdapter
  listener: ListenerAdapter
  clock: Clock
  secrets: ReturnType<typeof createSecretCipher>
  cursorSeal: ReturnType<typeof createCursorSeal>
  newId: typeof newId
  lowestId: typeof lowestId
  timeOfId: typeof timeOfId
  randomBytes: RandomBytes
  retryTransient: ReturnType<typeof createTransientRetry>
  /** Aborts `retryTransient`: at the end, and when closing a worker takes too long. */
  closing: AbortController
}

type Feeds = Awaited<ReturnType<typeof createFeeds>>

/**
 * Creates the parts and adds their closing to `closers`, also when a later part fails.
 * @throws errors of PostgreSQL and of the network while connecting
 */
export async function createParts(
  options: AppOptions,
  closers: AsyncDisposableStack,
): Promise<Parts> {
  const metrics = createPrometheus()
  const telemetry = {
    log: countLogLines(options.log, metrics),
    metrics,
    tracing: options.tracing ?? untraced,
  }
  const storage = createStorage(options, telemetry.log, closers)
  const ports = { ...telemetry, ...storage }
  const jobs = createQueue(ports)
  closers.defer(() => jobs.boss.stop({ graceful: false, close: false }))
  await startQueue(jobs.boss)
  const offset = await adoptRestoredRows(storage.db)
  if (offset !== null) {
    telemetry.log.info({ offset: String(offset) }, 'adopted the rows of a restored database')
  }
  const feeds = await createFeeds(ports, closers)
  const publisher = createPublisher({ ...ports, queue: jobs.queue })
  closers.defer(publisher.idle)
  const verifyToken = options.jwt ? createTokenVerifier(options.jwt, storage) : null
  const authenticate = createAuthenticator({ ...ports, verifyToken })
  const findInvalid = createKeyCheck({ ...storage, verifyToken })
  return { options, telemetry, storage, jobs, feeds, publisher, authenticate, findInvalid }
}

function createStorage(options: AppOptions, log: Logger, closers: AsyncDisposableStack): Storage {
  const { clock = systemClock, databaseUrl, encryptionKeys } = options
  const db = createDatabase(databaseUrl, { ...options, log })
  closers.defer(db.close)
  const listener = createListener(databaseUrl, { log })
  closers.defer(listener.close)
  const closing = new AbortController()
  closers.defer(() => closing.abort())
  return {
    db,
    listener,
    clock,
    secrets: createSecretCipher(encryptionKeys),
    cursorSeal: createCursorSeal(encryptionKeys),
    newId,
    lowestId,
    timeOfId,
    randomBytes,
    retryTransient: createTransientRetry({ db, clock, log }, closing.signal),
    closing,
  }
}

async function createFeeds(
  ports: Parameters<typeof createAttemptFeed>[0] & Parameters<typeof createDestinationFeed>[0],
  closers: AsyncDisposableStack,
) {
  const attemptFeed = await createAttemptFeed(ports)
  closers.defer(attemptFeed.close)
  const destinationFeed = await createDestinationFeed(ports, CHANGES)
  closers.defer(destinationFeed.close)
  const deletionFeed = await createDestinationFeed(ports, DELETIONS)
  closers.defer(deletionFeed.close)
  return { attemptFeed, destinationFeed, deletionFeed }
}

/** Returns the User-Agent of webhooks. */
export const userAgentOf = ({ version }: AppOptions): string => `Bigmind-Webhooks/${version}`

/** Returns the parts that resolvers use. */
export function servicePorts({
  feeds,
  jobs,
  options,
  publisher,
  storage,
  telemetry,
}: Parts): ServicePorts {
  return {
    ...storage,
    ...telemetry,
    ...feeds,
    queue: jobs.queue,
    publisher,
    hostLimit: createHostLimit(),
    newSecret: () => generateSecret(storage.randomBytes),
    addressPolicy: options.addressPolicy,
    userAgent: userAgentOf(options),
  }
}
