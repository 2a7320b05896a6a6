import type { Viewer } from '../access/authentication.ts'
import type { Actor } from '../audit/append.ts'
import type { Clock } from '../concurrency/clock.ts'
import type { Queue } from '../delivery/queue.ts'
import type { AddressPolicy } from '../domain/address.ts'
import type { RandomBytes } from '../domain/signature.ts'
import type { AttemptFeed } from '../feed/attempt-feed.ts'
import type { CursorSeal } from '../feed/cursor-seal.ts'
import type { DestinationFeed } from '../feed/destination-feed.ts'
import type { HostLimit } from '../publishing/host-limit.ts'
import type { Publisher } from '../publishing/publisher.ts'
import type { Database } from '../storage/database.ts'
import type { LowestId, NewId } from '../storage/ids.ts'
import type { SecretCipher } from '../storage/secret-encryption.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { unauthenticated } from './request-error.ts'

/** What resolvers pass on to the use cases that they call. */
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
  /** The header User-Agent of deliveries. */
  userAgent: string
  publisher: Publisher
  hostLimit: HostLimit
  attemptFeed: AttemptFeed
  /** Changed and created destinations. */
  destinationFeed: DestinationFeed
  deletionFeed: DestinationFeed
  metrics: Metrics
  tracing: Tracing
}

/** The context of one operation. */
export interface Context {
  /** The caller. Null without a valid key or token, which only introspection runs without. */
  viewer: Viewer | null
  ports: ServicePorts
  /** Identifies the request in the log and in the error of an internal fault. */
  requestId: string
  /** Present if the client accepts an event stream. */
  resume?: Resume
}

/** How a client resumes an event stream. */
export interface Resume {
  /** The header Last-Event-ID, unchecked. Null if the client sends none. */
  lastEventId: string | null
  /** Returns the event id of an item of the source. A subscription that can be resumed sets it. */
  eventIdOf: ((item: unknown) => string) | null
}

/**
 * Returns the id of the caller's organization, which limits every read and write.
 * @throws GraphQLError UNAUTHENTICATED
 */
export function organizationOf({ viewer }: Context): string {
  if (!viewer) throw unauthenticated()
  return viewer.organizationId
}

/**
 * Returns the caller as the audit log records it.
 * @throws GraphQLError UNAUTHENTICATED
 */
export function actorOf({ viewer }: Context): Actor {
  if (!viewer) throw unauthenticated()
  const { apiKeyId, userId = null } = viewer
  return { apiKeyId, userId }
}
