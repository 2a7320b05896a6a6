import type { EncryptionKey } from '../storage/secret-encryption.ts'
import type { Environment } from './environment.ts'
import { isPrintable, isSequence } from './sample-key.ts'

const KEY_BYTES = 32

const CREATE_ONE = 'Create one with: echo "main:$(openssl rand -base64 32)"'

/**
 * Reads ENCRYPTION_KEYS. A fault names an entry by its number, because the entry may be a key.
 * @param embedded whether the database is embedded: its key may be created in DATA_DIR
 * @returns null when it is not set
 */
export function readEncryptionKeys(env: Environment, embedded: boolean): EncryptionKey[] | null {
  const text = env.text('ENCRYPTION_KEYS')
  if (text === null) {
    if (embedded) return null
    return env.refuse(
      `ENCRYPTION_KEYS is not set. It encrypts the signing secrets and is required with DATABASE_URL. ${CREATE_ONE}`,
      null,
    )
  }
  const keys: EncryptionKey[] = []
  for (const [index, entry] of text.split(',').entries()) {
    const key = parseKey(entry.trim())
    const fault = key ? faultOf(key, keys, index + 1) : malformed(index + 1)
    if (!key || fault !== null) return env.refuse(`ENCRYPTION_KEYS${fault}`, null)
    keys.push(key)
  }
  return keys
}

const malformed = (entry: number) =>
  `: entry ${entry} is not "name:base64 of ${KEY_BYTES} random bytes". ${CREATE_ONE}`

function faultOf(
  key: EncryptionKey,
  others: readonly EncryptionKey[],
  entry: number,
): string | null {
  if (isPrintable(key.key) || isSequence(key.key)) {
    return `: entry ${entry} is a text or a sample, which can be guessed, not a random key. ${CREATE_ONE}`
  }
  if (others.some(({ id }) => id === key.id)) return ` has two keys named "${key.id}".`
  const twin = others.find((one) => Buffer.compare(one.key, key.key) === 0)
  if (!twin) return null
  return `: "${twin.id}" and "${key.id}" are the same key. Give each name a key of its own.`
}

/** @returns null for a key that is malformed, has another length, or repeats a few bytes */
function parseKey(entry: string): EncryptionKey | null {
  const [, id, base64] = /^([\w-]{1,32}):([A-Za-z0-9+/_-]+=*)$/.exec(entry) ?? []
  if (!id || !base64) return null
  const key = Buffer.from(base64, 'base64')
  return key.length === KEY_BYTES && new Set(key).size > KEY_BYTES / 4 ? { id, key } : null
}
