import { createHash } from 'node:crypto'

/** What was published, as its publisher said it. */
interface Published {
  event: string
  /** Canonical JSON texts. */
  data: string
  relations: string
  /** Null when it was left to the service: it differs at each call then, so it tells nothing apart. */
  timestamp: Date | null
}

/** SHA-256 by which a repeat under the same idempotency key is told from another event. */
export function fingerprint({ event, data, relations, timestamp }: Published): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([event, timestamp?.toISOString() ?? null, relations, data]))
    .digest()
}
