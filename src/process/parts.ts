import { randomBytes } from 'node:crypto'
import { createAuthenticator } from '../access/authentication.ts'
import { createTokenVerifier, type JwtSettings } from '../access/jwt.ts'
import { type Clock, systemClock } from '../concurrency/clock.ts'
import type { WebhookClientOptions } from '../delivery/http/client.ts'
import { createQueue, startQueue } from '../delivery/queue.ts'
import type { AddressPolicy } from '../domain/address.ts'
import { generateSecret } from '../domain/signature.ts'
import { createAttemptFeed } from '../feed/attempt-feed.ts'
import { createCursorSeal } from '../feed/cursor-seal.ts'
import { CHANGES, createDestinationFeed, DELETIONS } from '../feed/destination-feed.ts'
import { adoptRestoredRows } from '../feed/restored-rows.ts'
import type { ServicePorts } from '../graphql/context.ts'
import { createPublisher } from '../publishing/publisher.ts'
import type { TrustedDocuments } from '../server/documents/persisted-documents.ts'
import type { MutationLimits } from '../server/limits/mutation-limit.ts'
import { createDatabase } from '../storage/database.ts'
import { lowestId, newId, timeOfId } from '../storage/ids.ts'
import { createListener } from '../storage/listener.ts'
import { createSecretCipher, type EncryptionKey } from '../storage/secret-encryption.ts'
import { createTransientRetry } from '../storage/transient-retry.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createPrometheus } from '../telemetry/prometheus.ts'
import { type Tracing, untraced } from '../telemetry/tracing.ts'
import { countLines } from './health.ts'

export interface AppOptions {
  /** A migrated PostgreSQL. */
  databaseUrl: string
  encryptionKeys: readonly EncryptionKey[]
  addressPolicy: AddressPolicy
  /** Which tokens of the host product are taken; null or left out for none. */
  jwt?: JwtSettings | null
  /** Origins of pages that may open WebSockets, beside those on our own host. Default: none. */
  allowedOrigins?: readonly string[]
  /** Documents that clients may name by their ids. Default: none. */
  trustedDocuments?: TrustedDocuments | undefined
  /** The path below which a proxy serves the API and its pages, as in "/webhooks". Default: none. */
  basePath?: string
  /** Default: that of the server. */
  mutationLimits?: MutationLimits
  /** Milliseconds after which a statement is given up, and 5 s later a transaction. Default: 25,000. */
  statementTimeoutMs?: number
  /** Connections of the pool at most. Default: 16. */
  poolSize?: number
  retentionDays: number
  version: string
  log: Logger
  /** Default: nothing is traced. */
  tracing?: Tracing
  /** Who has it may read /metrics from elsewhere. Default: nobody. */
  metricsToken?: string | null
  clock?: Clock
  /** Overrides of the webhook client, for tests: resolver and time limit. */
  client?: Pick<WebhookClientOptions, 'resolve' | 'timeoutMs'>
}

export type Parts = Awaited<ReturnType<typeof connect>>

/** Puts together what the roles of a process share. */
export async function connect(options: AppOptions) {
  const { clock = systemClock, tracing = untraced } = options
  const metrics = createPrometheus()
  const log = countLines(options.log, metrics)
  const db = createDatabase(options.databaseUrl, { ...options, log })
  const listener = createListener(options.databaseUrl, { log })
  const closing = new AbortController()
  const queueAdapter = createQueue({ db, clock, log })
  const { boss, queue } = queueAdapter
  await startQueue(boss)
  const offset = await adoptRestoredRows(db)
  if (offset !== null)
    log.info({ offset: String(offset) }, 'adopted the rows of a restored database')
  const cursors = { cursorSeal: createCursorSeal(options.encryptionKeys), lowestId, timeOfId }
  const feeds = {
    attemptFeed: await createAttemptFeed({ db, listener, clock, metrics, log, ...cursors }),
    destinationFeed: await createDestinationFeed({ db, listener, clock, log }, CHANGES),
    deletionFeed: await createDestinationFeed({ db, listener, clock, log }, DELETIONS),
  }
  const ports: ServicePorts = {
    db,
    queue,
    secrets: createSecretCipher(options.encryptionKeys),
    clock,
    newId,
    ...cursors,
    newSecret: () => generateSecret(randomBytes),
    randomBytes,
    addressPolicy: options.addressPolicy,
    userAgent: `Bigmind-Webhooks/${options.version}`,
    publisher: createPublisher({ db, queue, newId, metrics, tracing }),
    metrics,
    tracing,
    ...feeds,
  }
  const verifyToken = options.jwt ? createTokenVerifier(options.jwt, { clock }) : null
  return {
    ...ports,
    ...feeds,
    db,
    /** The same as `ports.metrics`, and what shows them. */
    metrics,
    ports,
    options,
    log,
    listener,
    queueAdapter,
    boss,
    closing,
    retryTransient: createTransientRetry({ db, clock, log }, closing.signal),
    authenticate: createAuthenticator({ ...ports, log, verifyToken }),
    keyPorts: { db, newId, randomBytes },
  }
}
