import { createServer } from 'node:http'
import {
  exportJWK,
  generateKeyPair,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose'
import type { JwtSettings } from '../../src/access/jwt.ts'
import { listen, watchSockets } from './open-sockets.ts'

export const ISSUER = 'https://app.example.com'
export const AUDIENCE = 'webhooks'

type Claims = Record<string, unknown>
type SigningKey = Parameters<SignJWT['sign']>[0]

/** Claims of a token as the host product makes it, good for a minute. Undefined leaves one out. */
export function claimsOf(claims: Claims = {}): JWTPayload {
  const now = Math.floor(Date.now() / 1_000)
  const usual = { iss: ISSUER, aud: AUDIENCE, sub: 'user_1', iat: now, exp: now + 60 }
  return {
    ...usual,
    org_id: 'org_of_bigmind',
    org_name: 'Acme Ltd.',
    scope: 'destinations_read',
    ...claims,
  }
}

export const signWith = (
  key: SigningKey,
  claims: Claims = {},
  header: JWTHeaderParameters = { alg: 'HS256' },
) => new SignJWT(claimsOf(claims)).setProtectedHeader(header).sign(key)

/** Settings for tokens that are signed with a secret of both. */
export const withSecret = (secret: Uint8Array): JwtSettings => ({
  issuer: ISSUER,
  audience: AUDIENCE,
  keys: { secret },
})

/** The host product: signs tokens, and publishes its keys on this machine. */
export async function startIssuer(alg = 'RS256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const published = { ...(await exportJWK(publicKey)), kid: 'first', alg, use: 'sig' }
  const state = { asked: 0, status: 200 }
  const server = createServer((_request, response) => {
    state.asked += 1
    response.writeHead(state.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ keys: [published] }))
  })
  const sockets = watchSockets(server)
  const port = await listen(server, '127.0.0.1')
  const settings: JwtSettings = {
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: { jwksUrl: new URL(`http://127.0.0.1:${port}/jwks.json`) },
  }
  return {
    /** The number of requests for the keys, and the response to them. */
    state,
    settings,
    publicKey,
    sign: (claims: Claims = {}, header: Partial<JWTHeaderParameters> = {}) =>
      signWith(privateKey, claims, { alg, kid: 'first', ...header }),
    [Symbol.asyncDispose]: () => sockets.close(),
  }
}
