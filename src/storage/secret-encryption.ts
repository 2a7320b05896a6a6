import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { SecretUnavailableError } from '../domain/errors.ts'

/** Encrypts signing secrets for the database. */
export interface SecretCipher {
  /** @param owner the id of the destination; the result can be decrypted for this id alone */
  encrypt(plaintext: string, owner: string): string
  /** @throws SecretUnavailableError when no key of the ring decrypts it for this owner */
  decrypt(encrypted: string, owner: string): string
  /** Whether it was encrypted with the first key of the ring. Decrypts nothing. */
  isCurrent(encrypted: string): boolean
}

/** A key of 32 bytes. Ciphertexts contain its id. */
export interface EncryptionKey {
  id: string
  key: Buffer
}

const ALGORITHM = 'aes-256-gcm'
const VERSION = 'v1'
const IV_BYTES = 12
const TAG_BYTES = 16

/** Part of the associated data of each ciphertext, beside its owner. */
const PURPOSE = 'signing-secret'

/** Decrypted secrets kept in memory, so that the secret of a busy destination is not decrypted for each delivery. */
const MAX_CACHED_SECRETS = 10_000

/**
 * Creates a cipher with AES-256-GCM. Ciphertexts have the form `v1.<key id>.<iv>.<ciphertext and tag>`. Owner and purpose
 * are associated data, so a ciphertext that is moved to another row cannot be decrypted.
 * @param ring at least one key; the first encrypts, all of them decrypt
 */
export function createSecretCipher(ring: readonly EncryptionKey[]): SecretCipher {
  const [first] = ring
  if (!first) throw new Error('A secret cipher needs a key.')
  const keys = new Map(ring.map(({ id, key }) => [id, key]))
  const cache = new Map<string, string>()
  return {
    encrypt: (plaintext, owner) => encrypt(first, plaintext, owner),
    decrypt(encrypted, owner) {
      const name = `${owner} ${encrypted}`
      const cached = cache.get(name)
      if (cached !== undefined) return cached
      const plaintext = decrypt(keys, encrypted, owner)
      if (cache.size >= MAX_CACHED_SECRETS) cache.clear()
      cache.set(name, plaintext)
      return plaintext
    },
    isCurrent: (encrypted) => encrypted.startsWith(`${VERSION}.${first.id}.`),
  }
}

function encrypt({ id, key }: EncryptionKey, plaintext: string, owner: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(associatedData(owner))
  const text = Buffer.concat([
    cipher.update(plaintext, 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ])
  return [VERSION, id, iv.toString('base64url'), text.toString('base64url')].join('.')
}

function decrypt(keys: ReadonlyMap<string, Buffer>, encrypted: string, owner: string): string {
  const [version, keyId = '', iv = '', text = ''] = encrypted.split('.')
  const key = keys.get(keyId)
  if (version !== VERSION || !key) {
    throw new SecretUnavailableError(`No key of the ring decrypts this secret of ${owner}.`)
  }
  const bytes = Buffer.from(text, 'base64url')
  try {
    const decipher = createDecipheriv(ALGORITHM, key, Buffer.from(iv, 'base64url'), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(associatedData(owner))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    const plaintext = [decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]
    return Buffer.concat(plaintext).toString('utf8')
  } catch {
    throw new SecretUnavailableError(`A secret of ${owner} was modified or moved.`)
  }
}

const associatedData = (owner: string) => Buffer.from(`${PURPOSE}:${owner}`, 'utf8')
