import { randomBytes } from 'node:crypto'
import { createCursorSeal } from './adapters/cursor-seal.ts'
import { createDatabase } from './adapters/database.ts'
import { lowestId, newId, timeOfId } from './adapters/ids.ts'
import { createTokenVerifier, type JwtSettings } from './adapters/jwt.ts'
import { createListener } from './adapters/listener.ts'
import { createPrometheus } from './adapters/prometheus.ts'
import { createQueue, startQueue } from './adapters/queue.ts'
import { createSecretBox, type EncryptionKey } from './adapters/secret-box.ts'
import { systemClock } from './adapters/system-clock.ts'
import type { WebhookClientOptions } from './adapters/webhook-client.ts'
import type { AddressPolicy } from './domain/address.ts'
import { generateSecret } from './domain/signature.ts'
import type { ServicePorts } from './graphql/context.ts'
import { countLines } from './monitoring.ts'
import type { MutationLimits } from './server/mutation-limit.ts'
import type { TrustedDocuments } from './server/persisted-documents.ts'
import { createAttemptFeed } from './services/attempt-feed.ts'
import { createAuthenticator } from './services/authentication.ts'
import { CHANGES, createDestinationFeed, DELETIONS } from './services/destination-feed.ts'
import { createPersist } from './services/persist.ts'
import type { Clock, Logger } from './services/ports.ts'
import { createPublisher } from './services/publisher.ts'
import { adoptRestoredRows } from './services/restored-rows.ts'
import { type Tracing, untraced } from './services/tracing.ts'

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
  statementTimeout?: number
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
    secrets: createSecretBox(options.encryptionKeys),
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
    persist: createPersist({ db, clock, log }, closing.signal),
    authenticate: createAuthenticator({ ...ports, log, verifyToken }),
    keyPorts: { db, newId, randomBytes },
  }
}
