import {
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import type { Clock } from '../concurrency/clock.ts'
import type { VerifyToken } from './authentication.ts'

/** The issuer whose tokens are accepted, and the keys that verify their signatures. */
export interface JwtSettings {
  issuer: string
  audience: string
  /** The URL at which the issuer publishes its keys, or the secret that it shares with this service. */
  keys: { jwksUrl: URL } | { secret: Uint8Array }
}

/**
 * The algorithms that are accepted in a token's header. They exclude unsigned tokens, and tokens that are signed with a
 * public key as if it were a secret.
 */
const PUBLIC_KEY_ALGORITHMS = ['RS256', 'ES256', 'EdDSA']
const SECRET_ALGORITHMS = ['HS256']

/** How far the issuer's clock can be ahead. It does not extend a token's expiry. */
const CLOCK_TOLERANCE_SECONDS = 5

/** The time within which the issuer must respond with its keys. */
const JWKS_TIMEOUT_MS = 3_000

/** Creates the verifier of the host product's tokens. It fetches the issuer's keys on first use, then every 10 minutes. */
export function createTokenVerifier(
  { audience, issuer, keys }: JwtSettings,
  { clock }: { clock: Clock },
): VerifyToken {
  const algorithms = 'secret' in keys ? SECRET_ALGORITHMS : PUBLIC_KEY_ALGORITHMS
  const verify = verifierOf(keys)
  return async (token) => {
    const now = clock.now()
    // Checked first, so that expired and malformed tokens are refused without the issuer's keys.
    const expiresAt = expiryOf(token, algorithms)
    if (expiresAt === null) return null
    if (expiresAt <= now) return 'EXPIRED'
    try {
      const { org_id, org_name, scope, sub } = await verify(token, {
        algorithms,
        audience,
        issuer,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now),
        requiredClaims: ['exp', 'sub', 'org_id'],
      })
      return { expiresAt, org_id, org_name, scope, sub }
    } catch (error) {
      if (isTokenError(error)) return null
      throw new Error("could not get the keys of the tokens' issuer", { cause: error })
    }
  }
}

type Verify = (token: string, options: JWTVerifyOptions) => Promise<JWTPayload>

function verifierOf(keys: JwtSettings['keys']): Verify {
  if ('secret' in keys) {
    return async (token, options) => (await jwtVerify(token, keys.secret, options)).payload
  }
  const jwks = createRemoteJWKSet(keys.jwksUrl, { timeoutDuration: JWKS_TIMEOUT_MS })
  return async (token, options) => (await jwtVerify(token, jwks, options)).payload
}

/** Returns epoch milliseconds, or null for a token that cannot be valid. */
function expiryOf(token: string, algorithms: readonly string[]): number | null {
  try {
    const { alg = '' } = decodeProtectedHeader(token)
    const { exp } = decodeJwt(token)
    return algorithms.includes(alg) && typeof exp === 'number' ? exp * 1_000 : null
  } catch {
    return null
  }
}

/** The errors of jose about the token. Any other error means that the keys could not be fetched. */
const TOKEN_ERRORS = [
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
]

const isTokenError = (error: unknown) => TOKEN_ERRORS.some((type) => error instanceof type)
