import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto'
import type { EncryptionKey } from '../storage/secret-encryption.ts'

/** Makes cursors whose content clients can neither read nor change. */
export interface CursorSeal {
  /**
   * Answers one cursor for one plaintext and owner, of characters that URLs and headers take as they are.
   * @param owner the id of the organization that alone can use it
   */
  seal(plaintext: string, owner: string): string
  /** The plaintext, or null when the cursor was not sealed for this owner. */
  open(cursor: string, owner: string): string | null
}

const ALGORITHM = 'aes-256-ctr'
const VERSION = 'c1.'
const KEY_BYTES = 32
const TAG_BYTES = 16

/** What the derived keys are for: the ring itself encrypts signing secrets. */
const PURPOSE = 'cursor'

interface Keys {
  encrypt: Buffer
  authenticate: Buffer
}

/**
 * Deterministic authenticated encryption (the construction of RFC 5297 with HMAC-SHA-256): one plaintext gives one
 * cursor, which clients can compare and cache. Written as `c1.<base64url>`, which URLs and headers take as it is.
 * @param ring not empty; the first key seals, all of them open
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

/** The owner is an id, so the byte 0 separates it from the text. */
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
