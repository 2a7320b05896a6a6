import { createHash } from 'node:crypto'

/** What was published, as its publisher sent it. */
interface Published {
  /** Wire name. */
  type: string
  /** JSON texts as they are stored. */
  data: string
  relations: string
  /** Null when it was left to the service: it differs at each call then, so it does not tell events apart. */
  givenTimestamp: Date | null
}

/** A published event whose idempotency key may come again. */
interface Keyed {
  /** Null for one without a key. */
  fingerprint: Buffer | null
  /** Null when it is known not to be the same in another order. */
  data: string | null
}

/** Returns the SHA-256 by which a repeat under the same idempotency key is told from another event. */
export function fingerprint({ type, data, relations, givenTimestamp }: Published): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([type, givenTimestamp?.toISOString() ?? null, relations, data]))
    .digest()
}

/**
 * Decides whether an event is a repeat of the first one under its key. Their data is compared as canonical JSON
 * (RFC 8785): members of an object may come in another order. What was stored first stays as it is.
 */
export function isRepeat(
  first: Keyed,
  event: Published & { data: string; fingerprint: Buffer | null },
): boolean {
  if (first.fingerprint === null || event.fingerprint === null) return false
  if (first.fingerprint.equals(event.fingerprint)) return true
  const { data } = first
  // Another order has the same length.
  if (data === null || data.length !== event.data.length) return false
  return (
    fingerprint({ ...event, data }).equals(first.fingerprint) &&
    canonicalForm(JSON.parse(data)) === canonicalForm(JSON.parse(event.data))
  )
}

/** Returns the canonical form of RFC 8785. `value` is one of JSON.parse, at most as deep as published data can be. */
export function canonicalForm(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalForm)}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalForm(member)}`)
  return `{${members}}`
}
