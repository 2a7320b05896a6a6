import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { createApiKey, createPlatformKey } from '../../../src/access/api-key.ts'
import {
  createAuthenticator,
  type TokenClaims,
  type VerifyToken,
} from '../../../src/access/authentication.ts'
import { insertOrganization } from '../../../src/access/organization.ts'
import { systemClock } from '../../../src/concurrency/clock.ts'
import { SCOPES } from '../../../src/domain/api-key.ts'
import { createDatabase as connect } from '../../../src/storage/database.ts'
import { newId } from '../../../src/storage/ids.ts'
import { createDatabase } from '../../helpers/database.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const { url } = await createDatabase()
const db = connect(url, { log })
afterAll(() => db.close())
const keyPorts = { db, newId, randomBytes }

/** Returns a clock that the test advances. */
function createTime() {
  const time = { now: Date.now(), clock: { ...systemClock, now: () => time.now } }
  return time
}

function start(verifyToken: VerifyToken | null = null) {
  const time = createTime()
  const authenticate = createAuthenticator({ db, clock: time.clock, log, newId, verifyToken })
  return {
    time,
    as: (key: string, organization: string | null = null) =>
      authenticate({ authorization: `Bearer ${key}`, organization }),
    creating: (key: string, organization: string) =>
      authenticate({ authorization: `Bearer ${key}`, organization, createOrganization: true }),
  }
}

/** Takes a token for the claims that it writes out. What a verifier makes of real tokens is a test of its own. */
const readable: VerifyToken = async (token) => {
  const claims = JSON.parse(Buffer.from(token, 'base64url').toString()) as TokenClaims | null
  return claims && { ...claims, expiresAt: claims.expiresAt ?? Date.now() + 60_000 }
}
const tokenOf = (claims: Partial<TokenClaims> | null) =>
  Buffer.from(JSON.stringify(claims && { sub: 'user_1', ...claims })).toString('base64url')

const organizations = (externalId: string) =>
  db.prisma.organization.findMany({ where: { externalId } })
const unused = () => randomBytes(6).toString('hex')

const createKey = async (name: string) =>
  (await createApiKey(keyPorts, { newOrganization: 'Acme' }, { name, scopes: SCOPES })).key

describe('a key', () => {
  test('is cached for 2 seconds, but not beyond its expiry', async () => {
    const { as, time } = start()
    const [long, short] = await Promise.all([createKey('long'), createKey('short')])
    const expiresAt = new Date(time.now + 60_000)
    await db.prisma.apiKey.updateMany({ where: { name: 'short' }, data: { expiresAt } })
    time.now = expiresAt.getTime() - 1_000
    for (const key of [long, short]) expect((await as(key)).viewer).not.toBeNull()

    await db.prisma.apiKey.updateMany({ data: { revokedAt: new Date() } })
    time.now += 999
    for (const key of [long, short]) expect((await as(key)).viewer).not.toBeNull()
    time.now += 1
    expect((await as(short)).viewer).toBeNull()
    expect((await as(long)).viewer).not.toBeNull()
    time.now += 1_000
    expect((await as(long)).viewer).toBeNull()
  })

  test('of one organization ignores X-Organization', async () => {
    const { as } = start()
    const key = await createKey('x')
    const external = unused()
    expect(await as(key, external)).toEqual(await as(key))
    expect(await organizations(external)).toEqual([])
  })

  test('that does not exist is rejected, with and without JWT settings', async () => {
    for (const { as } of [start(), start(async () => null)]) {
      for (const key of ['x', 'bmk_x', 'a.b.c', 'x'.repeat(100_000)]) {
        expect(await as(key)).toEqual({ viewer: null })
      }
    }
  })
})

describe('a platform key', () => {
  const create = () => createPlatformKey(keyPorts, { name: 'backend', scopes: ['EVENTS_PUBLISH'] })

  test('acts for the organization that is named by its id, with its own scopes', async () => {
    const { as } = start()
    const id = await insertOrganization(newId, db, 'Named')
    const { viewer } = await as(await create(), id)
    expect(viewer).toEqual({
      organizationId: id,
      apiKeyId: expect.stringMatching(/^key_/),
      scopes: new Set(['EVENTS_PUBLISH']),
    })
  })

  test('creates the named organization if asked, once for 20 concurrent requests', async () => {
    const key = await create()
    const external = unused()
    const { as, creating } = start()
    expect((await as(key, external)).viewer).toBeNull()
    expect(await organizations(external)).toEqual([])
    expect((await creating(key, external)).viewer).not.toBeNull()
    const found = await Promise.all(
      Array.from({ length: 20 }, () => start().creating(key, external)),
    )
    const [made, ...more] = await organizations(external)
    expect(more).toEqual([])
    expect(made).toMatchObject({ name: external })
    expect(new Set(found.map(({ viewer }) => viewer?.organizationId))).toEqual(new Set([made!.id]))
    expect((await start().as(key, external)).viewer?.organizationId).toBe(made!.id)
  })

  test.each([
    ['an id of ours', newId('org')],
    ['an id with blanks', 'a b'],
  ])('cannot create an organization with %s', async (_, organization) => {
    const before = await db.prisma.organization.count()
    expect((await start().creating(await create(), organization)).viewer).toBeNull()
    expect(await db.prisma.organization.count()).toBe(before)
  })

  test.each([
    ['nothing', null],
    ['an empty name', ''],
    ['an id of ours that does not exist', newId('org')],
    ['an id of the host product that does not exist', unused()],
    ['blanks', 'a b'],
    ['what is not ASCII', 'é'],
    ['what is too long', 'x'.repeat(256)],
  ])('that names %s is rejected with advice to send X-Organization', async (_, organization) => {
    const { as } = start()
    const before = await db.prisma.organization.count()
    const { viewer, advice } = await as(await create(), organization)
    expect(viewer).toBeNull()
    expect(advice).toContain('X-Organization')
    expect(await db.prisma.organization.count()).toBe(before)
  })

  test('that is revoked is rejected', async () => {
    const key = await create()
    await db.prisma.apiKey.updateMany({
      where: { organizationId: null },
      data: { revokedAt: new Date() },
    })
    expect(await start().as(key, unused())).toEqual({ viewer: null })
  })
})

describe('a token', () => {
  test.each([
    ['NUL', 'user\u0000'],
    ['half a character', 'user\ud800'],
    ['a line break', 'user\nSERVICE'],
    ['nothing', ''],
    ['a number', 7],
    ['no text', null],
  ])('whose subject is or contains %s is rejected', async (_, sub) => {
    const org_id = unused()
    const { viewer } = await start(readable).as(tokenOf({ sub, org_id, scope: 'secrets_read' }))
    expect(viewer).toBeNull()
    expect(await organizations(org_id)).toEqual([])
  })

  test('authenticates its user in its organization with the known scopes that it lists', async () => {
    const org_id = unused()
    const scope = 'openid destinations_read  Secrets_Read everything'
    const { viewer } = await start(readable).as(tokenOf({ sub: 'user_1', org_id, scope }))
    const [organization] = await organizations(org_id)
    expect(viewer).toEqual({
      organizationId: organization?.id,
      apiKeyId: null,
      userId: 'user_1',
      scopes: new Set(['DESTINATIONS_READ', 'SECRETS_READ']),
    })
  })

  test('with missing or malformed scopes has no scope', async () => {
    for (const scope of [undefined, '', 7, ['KEYS_MANAGE']]) {
      const { viewer } = await start(readable).as(tokenOf({ org_id: 'acme', scope }))
      expect(viewer?.scopes).toEqual(new Set())
    }
  })

  test('creates its organization on first use, once for 20 concurrent requests, and keeps its name', async () => {
    const org_id = unused()
    const use = (org_name: unknown) => start(readable).as(tokenOf({ org_id, org_name }))
    await Promise.all(Array.from({ length: 20 }, () => use('Acme')))
    expect(await organizations(org_id)).toMatchObject([{ name: 'Acme' }])
    for (const [said, kept] of [
      ['Acme Ltd.', 'Acme Ltd.'],
      [undefined, 'Acme Ltd.'],
      [' ', 'Acme Ltd.'],
      ['a\u0000', 'Acme Ltd.'],
    ]) {
      await use(said)
      expect(await organizations(org_id)).toMatchObject([{ name: kept }])
    }
  })

  test('can be of an organization that a platform key created', async () => {
    const external = unused()
    const { as, creating } = start(readable)
    const key = await createPlatformKey(keyPorts, { name: 'backend', scopes: SCOPES })
    const made = (await creating(key, external)).viewer?.organizationId
    const { viewer } = await as(tokenOf({ org_id: external, org_name: 'Acme' }))
    expect(viewer?.organizationId).toBe(made)
    expect(await organizations(external)).toMatchObject([{ name: 'Acme' }])
  })

  test.each([undefined, null, 7, '', 'a b', 'x'.repeat(256), newId('org')])(
    'whose org_id is %j is refused',
    async (org_id) => {
      const before = await db.prisma.organization.count()
      expect(await start(readable).as(tokenOf({ org_id }))).toEqual({ viewer: null })
      expect(await db.prisma.organization.count()).toBe(before)
    },
  )

  test('is verified again after 2 seconds and at its expiry', async () => {
    let looked = 0
    const expiresAt = Date.now() + 60_000
    const { as, time } = start(async (token) => {
      looked += 1
      return time.now < expiresAt ? readable(token) : null
    })
    const token = tokenOf({ org_id: 'acme', expiresAt })
    const lookedAt = async (now: number) => {
      time.now = now
      const { viewer } = await as(token)
      return { looked, valid: viewer !== null }
    }
    expect(await lookedAt(expiresAt - 3_000)).toEqual({ looked: 1, valid: true })
    expect(await lookedAt(expiresAt - 1_001)).toEqual({ looked: 1, valid: true })
    expect(await lookedAt(expiresAt - 1_000)).toEqual({ looked: 2, valid: true })
    expect(await lookedAt(expiresAt - 1)).toEqual({ looked: 2, valid: true })
    expect(await lookedAt(expiresAt)).toEqual({ looked: 3, valid: false })
  })

  test('that cannot be verified at the moment is an error, not a rejection', async () => {
    const { as } = start(() => Promise.reject(new Error('no keys')))
    await expect(as('a.b.c')).rejects.toThrow('no keys')
  })
})
