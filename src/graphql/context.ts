import type { AddressPolicy } from '../domain/address.ts'
import type { Actor } from '../services/audit.ts'
import type { Viewer } from '../services/authentication.ts'
import type { AttemptFeed, DestinationFeed } from '../services/feed.ts'
import type { Metrics } from '../services/metrics.ts'
import type {
  Clock,
  CursorSeal,
  Database,
  LowestId,
  NewId,
  Queue,
  RandomBytes,
  SecretBox,
} from '../services/ports.ts'
import type { Publisher } from '../services/publisher.ts'
import type { Tracing } from '../services/tracing.ts'
import { unauthenticated } from './request-error.ts'

/** Everything that the services called from here need. */
export interface ServicePorts {
  db: Database
  queue: Queue
  secrets: SecretBox
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
