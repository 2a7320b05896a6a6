import { createHash } from 'node:crypto'

/** The scopes of API keys. A key without scopes can still read the event catalogue and `viewer`. */
export const SCOPES = [
  'DESTINATIONS_READ',
  'DESTINATIONS_WRITE',
  'SECRETS_READ',
  'EVENTS_PUBLISH',
  'KEYS_MANAGE',
] as const
export type Scope = (typeof SCOPES)[number]

/** API keys that an organization can have. Revoked and expired keys do not count. */
export const API_KEY_LIMIT = 1_000

/** Returns each scope once, in the order of `SCOPES`. */
export const sortScopes = (scopes: Iterable<Scope>): Scope[] => {
  const chosen = new Set(scopes)
  return SCOPES.filter((scope) => chosen.has(scope))
}

/** Returns the scopes of a list that is separated by white space, in any case. Ignores unknown words. */
export function readScopes(list: string): Scope[] {
  const words = new Set(list.toUpperCase().split(/\s+/))
  return SCOPES.filter((scope) => words.has(scope))
}

const MARK = 'bmk_'
const RANDOM_BYTES = 32

/** Characters of a key that identify it in lists. */
export const API_KEY_PREFIX_LENGTH: number = MARK.length + 8

/**
 * Generates an API key: `bmk_`, 32 random bytes and a checksum, by which secret scanners recognize it.
 * @param randomBytes a cryptographic source, such as that of node:crypto
 */
export function generateApiKey(randomBytes: (size: number) => Buffer): string {
  const body = MARK + randomBytes(RANDOM_BYTES).toString('base64url')
  return body + checksum(body)
}

/** Whether a text has the form of an API key. Saves a query for texts that do not. */
export function isApiKey(text: string): boolean {
  const end = text.length - CHECKSUM_CHARACTERS
  return text.startsWith(MARK) && text.slice(end) === checksum(text.slice(0, end))
}

/** Returns the SHA-256 of a key, under which it is stored. A random key of 256 bits needs no slower hash. */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** Returns the beginning of a key, which identifies it to users. */
export function apiKeyPrefix(key: string): string {
  return key.slice(0, API_KEY_PREFIX_LENGTH)
}

const CHECKSUM_CHARACTERS = 6

const checksum = (text: string) =>
  createHash('sha256').update(text).digest('base64url').slice(0, CHECKSUM_CHARACTERS)
