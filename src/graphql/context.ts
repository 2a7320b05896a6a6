import type { Viewer } from '../access/authentication.ts'
import type { Clock } from '../concurrency/clock.ts'
import type { Queue } from '../delivery/queue.ts'
import type { Actor } from '../destinations/audit.ts'
import type { AddressPolicy } from '../domain/address.ts'
import type { RandomBytes } from '../domain/signature.ts'
import type { CursorSeal } from '../feed/cursor-seal.ts'
import type { AttemptFeed, DestinationFeed } from '../feed/feed.ts'
import type { Publisher } from '../publishing/publisher.ts'
import type { Database } from '../storage/database.ts'
import type { LowestId, NewId } from '../storage/ids.ts'
import type { SecretCipher } from '../storage/secret-encryption.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { unauthenticated } from './request-error.ts'

/** Everything that the services called from here need. */
export interface ServicePorts {
  db: Database
  queue: Queue
  secrets: SecretCipher
  clock: Clock
  newId: NewId
  lowestId: LowestId
  cursorSeal: CursorSeal
  newSecret: () => string
  randomBytes: RandomBytes
  addressPolicy: AddressPolicy
  /** The name and version under which requests are sent. */
  userAgent: string
  publisher: Publisher
  attemptFeed: AttemptFeed
  /** Of changes. */
  destinationFeed: DestinationFeed
  deletionFeed: DestinationFeed
  metrics: Metrics
  tracing: Tracing
}

/** What the server gives every operation. */
export interface Context {
  /** Who asks; null for somebody without a valid key, who may ask for nothing. */
  viewer: Viewer | null
  ports: ServicePorts
  /** Names the request in the log and in the answer when something goes wrong on our side. */
  requestId: string
  /** Present where results are sent as an event stream. */
  resume?: Resume
}

/** How an event stream is resumed. */
export interface Resume {
  /** The header Last-Event-ID, unchecked; null when the client names none. */
  lastEventId: string | null
  /** Names the place of an item of the source. Set by a subscription that can be resumed. */
  eventIdOf: ((item: unknown) => string) | null
}

/**
 * The organization of who asks: it belongs in the `where` of every query.
 * @throws GraphQLError UNAUTHENTICATED
 */
export function organizationOf({ viewer }: Context): string {
  if (!viewer) throw unauthenticated()
  return viewer.organizationId
}

/**
 * Who asks, as an audit log tells it.
 * @throws GraphQLError UNAUTHENTICATED
 */
export function actorOf({ viewer }: Context): Actor {
  if (!viewer) throw unauthenticated()
  const { apiKeyId, userId = null } = viewer
  return { apiKeyId, userId }
}
