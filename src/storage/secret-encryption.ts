import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { SecretUnavailableError } from '../domain/errors.ts'

/** Encrypts what must not be readable in the database. */
export interface SecretCipher {
  /** @param owner the id that alone may read it back */
  encrypt(plaintext: string, owner: string): string
  /** @throws SecretUnavailableError when no key opens it for this owner */
  decrypt(sealed: string, owner: string): string
  /** Whether it is sealed with the key that `seal` uses: if not, its key cannot be taken away yet. Opens nothing. */
  isCurrent(sealed: string): boolean
}

/** One key of the ring: 32 bytes under a name that ciphertexts carry. */
export interface EncryptionKey {
  id: string
  key: Buffer
}

const ALGORITHM = 'aes-256-gcm'
const VERSION = 'v1'
const IV_BYTES = 12
const TAG_BYTES = 16

/** What the ciphertexts are for, bound into them beside their owner. */
const PURPOSE = 'signing-secret'

/** Opened secrets that are remembered, so that a busy destination's is decrypted once and not for each delivery. */
const REMEMBERED = 10_000

/**
 * AES-256-GCM, written as `v1.<key id>.<iv>.<ciphertext and tag>`, with owner and purpose as associated
 * data: a ciphertext moved to another row does not open.
 * @param ring not empty; the first key seals, all of them open
 */
export function createSecretCipher(ring: readonly EncryptionKey[]): SecretCipher {
  const [first] = ring
  if (!first) throw new Error('A secret box needs a key.')
  const keys = new Map(ring.map(({ id, key }) => [id, key]))
  const opened = new Map<string, string>()

  return {
    encrypt(plaintext, owner) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(ALGORITHM, first.key, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(associatedData(owner))
      const text = Buffer.concat([
        cipher.update(plaintext, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ])
      return [VERSION, first.id, iv.toString('base64url'), text.toString('base64url')].join('.')
    },
    decrypt(sealed, owner) {
      const name = `${owner} ${sealed}`
      const known = opened.get(name)
      if (known !== undefined) return known
      const plaintext = decrypt(keys, sealed, owner)
      if (opened.size >= REMEMBERED) opened.clear()
      opened.set(name, plaintext)
      return plaintext
    },
    isCurrent: (sealed) => sealed.startsWith(`${VERSION}.${first.id}.`),
  }
}

function decrypt(keys: ReadonlyMap<string, Buffer>, sealed: string, owner: string): string {
  const [version, keyId = '', iv = '', text = ''] = sealed.split('.')
  const key = keys.get(keyId)
  if (version !== VERSION || !key) {
    throw new SecretUnavailableError(`No key of the ring opens this secret of ${owner}.`)
  }
  const bytes = Buffer.from(text, 'base64url')
  try {
    const decipher = createDecipheriv(ALGORITHM, key, Buffer.from(iv, 'base64url'), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(associatedData(owner))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    return Buffer.concat([
      decipher.update(bytes.subarray(0, -TAG_BYTES)),
      decipher.final(),
    ]).toString('utf8')
  } catch {
    throw new SecretUnavailableError(`A secret of ${owner} was tampered with or moved.`)
  }
}

const associatedData = (owner: string) => Buffer.from(`${PURPOSE}:${owner}`, 'utf8')
