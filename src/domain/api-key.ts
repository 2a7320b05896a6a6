import { createHash } from 'node:crypto'

/** What a key may do. A key without any may still read the catalogue and who it is. */
export const SCOPES = [
  'DESTINATIONS_READ',
  'DESTINATIONS_WRITE',
  'SECRETS_READ',
  'EVENTS_PUBLISH',
  'KEYS_MANAGE',
] as const
export type Scope = (typeof SCOPES)[number]

/** Keys that an organization can have at once; those that are revoked or expired do not count. */
export const API_KEY_LIMIT = 1_000

/** Each scope once, in the order of the list above. */
export const sortScopes = (scopes: Iterable<Scope>): Scope[] => {
  const chosen = new Set(scopes)
  return SCOPES.filter((scope) => chosen.has(scope))
}

/** The scopes of a list separated by blanks, in any case. Words that are no scope of ours are passed over. */
export function readScopes(list: string): Scope[] {
  const words = new Set(list.toUpperCase().split(/\s+/))
  return SCOPES.filter((scope) => words.has(scope))
}

const MARK = 'bmk_'
const RANDOM_BYTES = 32

/** Characters of a key that identify it in lists. */
export const API_KEY_PREFIX_LENGTH: number = MARK.length + 8

/**
 * A new API key: `bmk_`, 32 random bytes and a checksum, by which scanners for leaked keys know it for one.
 * @param randomBytes a cryptographic source, such as node:crypto's
 */
export function generateApiKey(randomBytes: (size: number) => Buffer): string {
  const body = MARK + randomBytes(RANDOM_BYTES).toString('base64url')
  return body + checksum(body)
}

/** Whether the text has the form of a key: what has not needs no look into the database. */
export function isApiKey(text: string): boolean {
  const end = text.length - CHECKSUM_CHARACTERS
  return text.startsWith(MARK) && text.slice(end) === checksum(text.slice(0, end))
}

/** What is stored of a key: its SHA-256, which is enough for a random key of 256 bits. */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** What may be shown of a key, to tell it from others. */
export function apiKeyPrefix(key: string): string {
  return key.slice(0, API_KEY_PREFIX_LENGTH)
}

const CHECKSUM_CHARACTERS = 6

const checksum = (text: string) =>
  createHash('sha256').update(text).digest('base64url').slice(0, CHECKSUM_CHARACTERS)
