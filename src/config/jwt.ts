import type { JwtSettings } from '../access/jwt.ts'
import { isSampleText, isSequence } from './sample-key.ts'

type Env = Record<string, string | undefined>

/** Bytes of a secret for HS256: as many as the hash has (RFC 7518, 3.2). */
const SECRET_BYTES = 32

const HOW_TO_MAKE_ONE = 'Make one with: openssl rand -base64 48'

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Reads which tokens of the host product are taken.
 * @returns null when no variable of theirs is set: none are. `faults` has a sentence for each that is wrong
 */
export function parseJwt(env: Env): { settings: JwtSettings | null; faults: string[] } {
  const { JWT_AUDIENCE, JWT_ISSUER, JWT_JWKS_URL, JWT_SECRET } = env
  const faults: string[] = []
  if (!JWT_AUDIENCE && !JWT_ISSUER && !JWT_JWKS_URL && !JWT_SECRET) {
    return { settings: null, faults }
  }
  const keys = parseKeys(JWT_JWKS_URL, JWT_SECRET)
  if (typeof keys === 'string') faults.push(keys)
  if (!JWT_ISSUER) faults.push(missing('JWT_ISSUER', 'iss'))
  if (!JWT_AUDIENCE) faults.push(missing('JWT_AUDIENCE', 'aud'))
  if (typeof keys === 'string' || !JWT_ISSUER || !JWT_AUDIENCE) return { settings: null, faults }
  return { settings: { keys, issuer: JWT_ISSUER, audience: JWT_AUDIENCE }, faults }
}

const missing = (name: string, claim: string) =>
  `${name} is not set. Tokens are taken only with the "${claim}" that it names.`

/** @returns the keys, or what is wrong with them. The secret itself is not repeated. */
function parseKeys(
  jwksUrl: string | undefined,
  secret: string | undefined,
): JwtSettings['keys'] | string {
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
