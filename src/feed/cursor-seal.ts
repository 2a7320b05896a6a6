import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto'
import type { EncryptionKey } from '../storage/secret-encryption.ts'

/** Encrypts cursors, so that clients can neither read nor change their content. */
export interface CursorSeal {
  /**
   * Returns the cursor of a plaintext, always the same, of characters that are safe in URLs and headers.
   * @param owner the id of the organization that can use it
   */
  seal(plaintext: string, owner: string): string
  /** Returns the plaintext, or null if the cursor is not one of this owner. */
  open(cursor: string, owner: string): string | null
}

const ALGORITHM = 'aes-256-ctr'
const VERSION = 'c1.'
const KEY_BYTES = 32
const TAG_BYTES = 16

/** The purpose in the key derivation. The encryption keys themselves encrypt signing secrets. */
const PURPOSE = 'cursor'

interface Keys {
  encrypt: Buffer
  authenticate: Buffer
}

/**
 * Deterministic authenticated encryption (the construction of RFC 5297 with HMAC-SHA-256): one plaintext has one
 * cursor, which clients can compare and cache. The format is `c1.<base64url>`.
 * @param ring not empty; the first key encrypts, and all of them decrypt
 */
export function createCursorSeal(ring: readonly EncryptionKey[]): CursorSeal {
  const keys = ring.map(({ key }) => deriveKeys(key))
  const [first] = keys
  if (!first) throw new Error('A cursor seal needs a key.')
  return {
    seal(plaintext, owner) {
      const text = Buffer.from(plaintext, 'utf8')
      const tag = tagOf(first, text, owner)
      const cipher = createCipheriv(ALGORITHM, first.encrypt, tag)
      return (
        VERSION + Buffer.concat([tag, cipher.update(text), cipher.final()]).toString('base64url')
      )
    },
    open(cursor, owner) {
      if (!cursor.startsWith(VERSION)) return null
      const bytes = Buffer.from(cursor.slice(VERSION.length), 'base64url')
      if (bytes.length <= TAG_BYTES) return null
      for (const one of keys) {
        const text = decrypt(one, bytes, owner)
        if (text !== null) return text
      }
      return null
    },
  }
}

function decrypt(keys: Keys, bytes: Buffer, owner: string): string | null {
  const tag = bytes.subarray(0, TAG_BYTES)
  const decipher = createDecipheriv(ALGORITHM, keys.encrypt, tag)
  const text = Buffer.concat([decipher.update(bytes.subarray(TAG_BYTES)), decipher.final()])
  return timingSafeEqual(tag, tagOf(keys, text, owner)) ? text.toString('utf8') : null
}

/** Separates the owner from the text by a NUL, which ids do not contain. */
const tagOf = ({ authenticate }: Keys, text: Buffer, owner: string): Buffer =>
  createHmac('sha256', authenticate)
    .update(`${owner}\0`)
    .update(text)
    .digest()
    .subarray(0, TAG_BYTES)

function deriveKeys(key: Buffer): Keys {
  const bytes = Buffer.from(hkdfSync('sha256', key, '', PURPOSE, 2 * KEY_BYTES))
  return { encrypt: bytes.subarray(0, KEY_BYTES), authenticate: bytes.subarray(KEY_BYTES) }
}
