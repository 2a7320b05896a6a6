import type { JwtSettings } from '../access/jwt.ts'
import type { Environment } from './environment.ts'
import { isSampleText, isSequence } from './sample-key.ts'

/** Bytes of a secret for HS256: as many as the hash has (RFC 7518, 3.2). */
const SECRET_BYTES = 32

const HOW_TO_MAKE_ONE = 'Make one with: openssl rand -base64 48'

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Reads the settings of the host product's tokens.
 * @returns null when no JWT_ variable is set: no token is accepted
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
  `${name} is not set. Tokens are taken only with the "${claim}" that it names.`

/** @returns the keys, or what is wrong with them. The secret itself is not repeated. */
function parseKeys(jwksUrl: string | null, secret: string | null): JwtSettings['keys'] | string {
  if (jwksUrl && secret) {
    return 'JWT_JWKS_URL and JWT_SECRET are both set. Tokens are signed in one way: keep that one.'
  }
  if (jwksUrl) {
    const url = URL.parse(jwksUrl)
    const safe =
      url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname))
    if (url && safe) return { jwksUrl: url }
    return 'JWT_JWKS_URL is not an https URL; http is taken for this machine alone.'
  }
  if (!secret) return 'Neither JWT_JWKS_URL nor JWT_SECRET is set. Set what tokens are signed with.'
  const bytes = Buffer.from(secret, 'utf8')
  if (bytes.length < SECRET_BYTES || new Set(bytes).size <= SECRET_BYTES / 4) {
    return `JWT_SECRET is not ${SECRET_BYTES} random bytes or more. ${HOW_TO_MAKE_ONE}`
  }
  if (isSequence(bytes) || isSampleText(secret)) {
    return `JWT_SECRET is a sample, which others know as well. ${HOW_TO_MAKE_ONE}`
  }
  return { secret: bytes }
}
