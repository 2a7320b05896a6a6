import { createHmac } from 'node:crypto'

/** A cryptographic source of randomness. */
export type RandomBytes = (size: number) => Buffer

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const PREFIX = 'wsec_'
const RANDOM_CHARACTERS = 40
/** Characters of a masked secret that are shown. */
export const SECRET_SHOWN_CHARACTERS = 6

/** The fields of a request that are sent beside its signatures. */
export interface SignedThings {
  /** The same in every attempt and resend, so that receivers can recognize duplicates. */
  eventId: string
  deliveryId?: string
  /** The time of the attempt. */
  timestamp: Date
}

export interface SignatureInput extends SignedThings {
  /** The exact request body. */
  body: string
  /** The whole `wsec_...` text, which is the key in both schemes. */
  secret: string
  /** The secret before the last rotation, during its overlap. */
  previousSecret?: string | null
}

/**
 * Returns the signature headers of a request, in two schemes: that of the setup guide (`X-Webhook-Signature`, hex, over the
 * body) and Standard Webhooks (`webhook-*`, base64, over `id.timestamp.body`).
 *
 * `X-Webhook-Signature` contains the signature of the current secret alone, because the guide's sample throws on any other
 * length. The signature of a previous secret is in `X-Webhook-Signature-Previous`.
 */
export function signatureHeaders(input: SignatureInput): Record<string, string> {
  const { body, eventId, secret, previousSecret } = input
  const signWith = (key: string): Signer => ({
    hex: () => hmac(key, body, 'hex'),
    base64: (seconds) => hmac(key, `${eventId}.${seconds}.${body}`, 'base64'),
  })
  return listHeaders(input, signWith(secret), previousSecret ? signWith(previousSecret) : null)
}

/** Returns the same headers with dots in place of each signature. Needs no secret. */
export const maskedSignatureHeaders = (
  things: SignedThings & { withPrevious: boolean },
): Record<string, string> => listHeaders(things, MASKING, things.withPrevious ? MASKING : null)

interface Signer {
  hex(): string
  base64(seconds: string): string
}

const MASK = '•'.repeat(8)
const MASKING: Signer = { hex: () => MASK, base64: () => MASK }

function listHeaders(
  { eventId, deliveryId, timestamp }: SignedThings,
  current: Signer,
  previous: Signer | null,
): Record<string, string> {
  const seconds = String(Math.floor(timestamp.getTime() / 1000))
  const headers: Record<string, string> = {
    'X-Webhook-Signature': current.hex(),
    'webhook-id': eventId,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${current.base64(seconds)}`,
  }
  if (previous) {
    headers['X-Webhook-Signature-Previous'] = previous.hex()
    headers['webhook-signature'] += ` v1,${previous.base64(seconds)}`
  }
  if (deliveryId) headers['X-Webhook-Delivery'] = deliveryId
  return headers
}

function hmac(key: string, text: string, encoding: 'hex' | 'base64'): string {
  return createHmac('sha256', key).update(text, 'utf8').digest(encoding)
}

/**
 * Generates a signing secret: `wsec_` and 40 characters of `[A-Za-z0-9]`, which are 238 bits.
 * @param randomBytes a cryptographic source, such as that of node:crypto
 */
export function generateSecret(randomBytes: (size: number) => Uint8Array): string {
  // Larger bytes are discarded: they would make the first characters more frequent.
  const fairBytes = 256 - (256 % ALPHABET.length)
  const characters: string[] = []
  while (characters.length < RANDOM_CHARACTERS) {
    for (const byte of randomBytes(RANDOM_CHARACTERS)) {
      if (byte < fairBytes) characters.push(ALPHABET.charAt(byte % ALPHABET.length))
    }
  }
  return PREFIX + characters.slice(0, RANDOM_CHARACTERS).join('')
}

/** Returns the masked form of a secret: its first 6 characters, and "•" for each of the others. */
export function maskSecret(secret: string): string {
  const hidden = Math.max(secret.length - SECRET_SHOWN_CHARACTERS, 0)
  return secret.slice(0, SECRET_SHOWN_CHARACTERS) + '•'.repeat(hidden)
}
