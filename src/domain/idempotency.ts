import { createHash } from 'node:crypto'

/** The input of a published event. */
interface Published {
  /** Wire name. */
  type: string
  /** JSON texts as they are stored. */
  data: string
  relations: string
  /** Null when the service set it: it then differs with each call, so it is not compared. */
  givenTimestamp: Date | null
}

/** The first event under an idempotency key. */
interface Keyed {
  /** Null without a key. */
  fingerprint: Buffer | null
  /** Null when it cannot equal the other data in another order of members. */
  data: string | null
}

/** Returns the SHA-256 by which events under one idempotency key are compared. */
export function fingerprint({ type, data, relations, givenTimestamp }: Published): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([type, givenTimestamp?.toISOString() ?? null, relations, data]))
    .digest()
}

/**
 * Whether an event is a repeat of the first one under its key. Compares their data as canonical JSON (RFC 8785), so the
 * members of an object may be in another order.
 */
export function isRepeat(
  first: Keyed,
  event: Published & { data: string; fingerprint: Buffer | null },
): boolean {
  if (first.fingerprint === null || event.fingerprint === null) return false
  if (first.fingerprint.equals(event.fingerprint)) return true
  const { data } = first
  // The same members in another order have the same length.
  if (data === null || data.length !== event.data.length) return false
  return (
    fingerprint({ ...event, data }).equals(first.fingerprint) &&
    canonicalForm(JSON.parse(data)) === canonicalForm(JSON.parse(event.data))
  )
}

/** Returns the canonical form of RFC 8785. `value` is a result of JSON.parse with at most `MAX_NESTING_LEVELS` levels. */
export function canonicalForm(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalForm)}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalForm(member)}`)
  return `{${members}}`
}
