import type { JwtSettings } from '../access/jwt.ts'
import type { Environment } from './environment.ts'
import { isSampleText, isSequence } from './sample-key.ts'

/** Minimum length of a secret for HS256: that of the hash (RFC 7518, section 3.2). */
const MIN_SECRET_BYTES = 32

const CREATE_ONE = 'Create one with: openssl rand -base64 48'

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Reads the settings for JWTs of the host product.
 * @returns null when no JWT_ variable is set: no tokens are accepted
 */
export function readJwt(env: Environment): JwtSettings | null {
  const audience = env.text('JWT_AUDIENCE')
  const issuer = env.text('JWT_ISSUER')
  const jwksUrl = env.text('JWT_JWKS_URL')
  const secret = env.text('JWT_SECRET')
  if (!audience && !issuer && !jwksUrl && !secret) return null
  const keys = parseKeys(jwksUrl, secret)
  if (typeof keys === 'string') env.refuse(keys, null)
  if (!issuer) env.refuse(missing('JWT_ISSUER', 'iss'), null)
  if (!audience) env.refuse(missing('JWT_AUDIENCE', 'aud'), null)
  if (typeof keys === 'string' || !issuer || !audience) return null
  return { keys, issuer, audience }
}

const missing = (name: string, claim: string) =>
  `${name} is not set. It is the "${claim}" that tokens must have.`

/** @returns the keys, or a sentence that says what is wrong. It does not repeat the secret. */
function parseKeys(jwksUrl: string | null, secret: string | null): JwtSettings['keys'] | string {
  if (jwksUrl && secret) {
    return 'JWT_JWKS_URL and JWT_SECRET are both set. Keep the one that tokens are signed with.'
  }
  if (jwksUrl) {
    const url = URL.parse(jwksUrl)
    const safe =
      url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname))
    if (url && safe) return { jwksUrl: url }
    return 'JWT_JWKS_URL must be an https URL; http is accepted for this machine only.'
  }
  if (!secret)
    return 'Neither JWT_JWKS_URL nor JWT_SECRET is set. Set the one that tokens are signed with.'
  const bytes = Buffer.from(secret, 'utf8')
  if (bytes.length < MIN_SECRET_BYTES || new Set(bytes).size <= MIN_SECRET_BYTES / 4) {
    return `JWT_SECRET must have at least ${MIN_SECRET_BYTES} random bytes. ${CREATE_ONE}`
  }
  if (isSequence(bytes) || isSampleText(secret)) {
    return `JWT_SECRET is a sample, which can be guessed. ${CREATE_ONE}`
  }
  return { secret: bytes }
}
