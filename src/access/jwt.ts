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

/** Whose tokens are taken, and what their signatures are checked with. */
export interface JwtSettings {
  issuer: string
  audience: string
  /** Where the issuer publishes its keys, or the secret that it shares with us. */
  keys: { jwksUrl: URL } | { secret: Uint8Array }
}

/**
 * What may stand in a token's header. A public key is no secret, so a token signed with one as if it were is
 * refused by its algorithm, and so is one that is not signed at all.
 */
const PUBLIC_KEY_ALGORITHMS = ['RS256', 'ES256', 'EdDSA']
const SECRET_ALGORITHMS = ['HS256']

/** Seconds by which the issuer's clock may be ahead of ours. A token still ends when it says. */
const CLOCK_TOLERANCE = 5

/** Milliseconds for the issuer to answer with its keys. */
const JWKS_TIMEOUT = 3_000

/** Verifies tokens of the host product. The issuer's keys are asked for when first needed, then every 10 minutes. */
export function createTokenVerifier(
  { audience, issuer, keys }: JwtSettings,
  { clock }: { clock: Clock },
): VerifyToken {
  const algorithms = 'secret' in keys ? SECRET_ALGORITHMS : PUBLIC_KEY_ALGORITHMS
  const verify = verifierOf(keys)
  return async (token) => {
    const now = clock.now()
    // Looked at first: what is refused anyway costs the issuer nothing, and ends while its keys cannot be had.
    const expiresAt = expiryOf(token, algorithms)
    if (expiresAt === null) return null
    if (expiresAt <= now) return 'EXPIRED'
    try {
      const { org_id, org_name, scope, sub } = await verify(token, {
        algorithms,
        audience,
        issuer,
        clockTolerance: CLOCK_TOLERANCE,
        currentDate: new Date(now),
        requiredClaims: ['exp', 'sub', 'org_id'],
      })
      return { expiresAt, org_id, org_name, scope, sub }
    } catch (error) {
      if (saysNo(error)) return null
      throw new Error("could not get the keys of the tokens' issuer", { cause: error })
    }
  }
}

type Verify = (token: string, options: JWTVerifyOptions) => Promise<JWTPayload>

function verifierOf(keys: JwtSettings['keys']): Verify {
  if ('secret' in keys) {
    return async (token, options) => (await jwtVerify(token, keys.secret, options)).payload
  }
  const jwks = createRemoteJWKSet(keys.jwksUrl, { timeoutDuration: JWKS_TIMEOUT })
  return async (token, options) => (await jwtVerify(token, jwks, options)).payload
}

/** @returns epoch milliseconds, or null for what is no token that could be valid */
function expiryOf(token: string, algorithms: readonly string[]): number | null {
  try {
    const { alg = '' } = decodeProtectedHeader(token)
    const { exp } = decodeJwt(token)
    return algorithms.includes(alg) && typeof exp === 'number' ? exp * 1_000 : null
  } catch {
    return null
  }
}

/** Verdicts on the token. Whatever else fails is on the way to the keys. */
const VERDICTS = [
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

const saysNo = (error: unknown) => VERDICTS.some((verdict) => error instanceof verdict)
