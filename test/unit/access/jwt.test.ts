import { createSecretKey, randomBytes } from 'node:crypto'
import { exportSPKI, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import { createTokenVerifier } from '../../../src/access/jwt.ts'
import { systemClock } from '../../../src/concurrency/clock.ts'
import { claimsOf, signWith, startIssuer, withSecret } from '../../helpers/token-issuer.ts'

const clock = systemClock
const seconds = () => Math.floor(Date.now() / 1_000)
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('with the keys that the issuer publishes', () => {
  test.each(['RS256', 'ES256', 'EdDSA'])(
    'a token signed by %s returns its user and organization',
    async (alg) => {
      await using issuer = await startIssuer(alg)
      const verify = createTokenVerifier(issuer.settings, { clock })
      const exp = seconds() + 60
      expect(await verify(await issuer.sign({ exp }))).toEqual({
        expiresAt: exp * 1_000,
        sub: 'user_1',
        org_id: 'org_of_bigmind',
        org_name: 'Acme Ltd.',
        scope: 'destinations_read',
      })
      await verify(await issuer.sign())
      expect(issuer.state.asked).toBe(1)
    },
  )

  test.each([
    ['says nothing of its end', { exp: undefined }],
    ['is not valid yet', { nbf: seconds() + 60 }],
    ['is of another issuer', { iss: 'https://other.example.com' }],
    ['is for another audience', { aud: 'billing' }],
    ['names no audience', { aud: undefined }],
    ['names no organization', { org_id: undefined }],
    ['names no user', { sub: undefined }],
  ])('a token that %s is refused', async (_, claims) => {
    await using issuer = await startIssuer()
    const verify = createTokenVerifier(issuer.settings, { clock })
    expect(await verify(await issuer.sign(claims))).toBeNull()
  })

  test('an expired token is reported as expired', async () => {
    await using issuer = await startIssuer()
    const verify = createTokenVerifier(issuer.settings, { clock })
    expect(await verify(await issuer.sign({ exp: seconds() - 1 }))).toBe('EXPIRED')
  })

  test('a small difference of clocks is accepted', async () => {
    await using issuer = await startIssuer()
    const verify = createTokenVerifier(issuer.settings, { clock })
    expect(await verify(await issuer.sign({ nbf: seconds() + 4 }))).not.toBeNull()
  })

  test('a token signed with a published key as the HMAC secret is refused', async () => {
    await using issuer = await startIssuer()
    const secret = createSecretKey(Buffer.from(await exportSPKI(issuer.publicKey)))
    const token = await signWith(secret, {}, { alg: 'HS256', kid: 'first' })
    expect(await createTokenVerifier(issuer.settings, { clock })(token)).toBeNull()
    expect(issuer.state.asked).toBe(0)
  })

  test('a token without a signature is refused', async () => {
    await using issuer = await startIssuer()
    const verify = createTokenVerifier(issuer.settings, { clock })
    for (const alg of ['none', 'None', 'RS256']) {
      expect(await verify(`${encode({ alg, kid: 'first' })}.${encode(claimsOf())}.`)).toBeNull()
    }
  })

  test('a token of a key that is not published, or of another key by its name, is refused', async () => {
    await using issuer = await startIssuer()
    const verify = createTokenVerifier(issuer.settings, { clock })
    expect(await verify(await issuer.sign({}, { kid: 'second' }))).toBeNull()
    const { privateKey } = await generateKeyPair('RS256')
    const forged = await signWith(privateKey, {}, { alg: 'RS256', kid: 'first' })
    expect(await verify(forged)).toBeNull()
  })

  test('a token whose claims were changed is refused', async () => {
    await using issuer = await startIssuer()
    const [header, , signature] = (await issuer.sign()).split('.')
    const changed = `${header}.${encode(claimsOf({ org_id: 'other' }))}.${signature}`
    expect(await createTokenVerifier(issuer.settings, { clock })(changed)).toBeNull()
  })

  test.each(['', 'x', 'a.b.c', 'bmk_x', '..', `${encode({ alg: 'RS256' })}.${encode([])}.x`])(
    '"%s" is no token',
    async (text) => {
      await using issuer = await startIssuer()
      expect(await createTokenVerifier(issuer.settings, { clock })(text)).toBeNull()
      expect(issuer.state.asked).toBe(0)
    },
  )

  test('keys that cannot be fetched are an error, unless the token has expired', async () => {
    await using issuer = await startIssuer()
    issuer.state.status = 503
    const verify = createTokenVerifier(issuer.settings, { clock })
    await expect(verify(await issuer.sign())).rejects.toThrow('could not get the keys')
    expect(await verify(await issuer.sign({ exp: seconds() - 1 }))).toBe('EXPIRED')
    issuer.state.status = 200
    expect(await verify(await issuer.sign())).not.toBeNull()
  })
})

describe('with a shared secret', () => {
  const secret = randomBytes(32)
  const verify = createTokenVerifier(withSecret(secret), { clock })

  test('a token signed with the secret is accepted', async () => {
    expect(await verify(await signWith(secret))).toMatchObject({ org_id: 'org_of_bigmind' })
  })

  test('a token signed with another secret or algorithm is refused', async () => {
    expect(await verify(await signWith(randomBytes(32)))).toBeNull()
    expect(await verify(await signWith(randomBytes(64), {}, { alg: 'HS512' }))).toBeNull()
    expect(await verify(await signWith(secret, { exp: seconds() - 1 }))).toBe('EXPIRED')
    await using issuer = await startIssuer()
    expect(await verify(await issuer.sign())).toBeNull()
  })
})
