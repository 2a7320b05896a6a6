import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../../src/access/authentication.ts'
import { revokeAnyApiKey } from '../../../src/access/key-revocation.ts'
import { SCOPES, type Scope } from '../../../src/domain/api-key.ts'
import { createGraphqlWorld } from './world.ts'

const world = await createGraphqlWorld()
const { db, newId } = world.app.ports

const CREATE = `mutation ($input: ApiKeyCreateInput!) {
  apiKeyCreate(input: $input) {
    ... on ApiKeyCreated { key apiKey { id expiresAt createdBy { kind id name } } }
    ... on ValidationError { issues { path message } }
  }
}`

interface Made {
  id: string
  viewer: Viewer
  expiresAt: string | null
  createdBy: object | null
}

async function create(creator: Viewer, input: object): Promise<Made> {
  const { data } = await world.run(creator, CREATE, { input })
  const { apiKey, key } = data.apiKeyCreate
  const authorization = `Bearer ${key}`
  const { viewer } = await world.app.authenticate({ authorization, organization: null })
  return { ...apiKey, viewer: viewer! }
}

async function issuesOf(creator: Viewer, input: object) {
  const { data } = await world.run(creator, CREATE, { input })
  return data.apiKeyCreate.issues
}

/** Returns a key that a key created, which a user created. */
async function keyOfKey(scopes: readonly Scope[] = SCOPES, expiresAt?: string) {
  const user: Viewer = { ...(await world.createViewer()), apiKeyId: null, userId: 'user_1' }
  const first = await create(user, { name: 'first', scopes, ...(expiresAt && { expiresAt }) })
  const second = await create(first.viewer, { name: 'second', scopes })
  return { user, first, second }
}

const revoke = (viewer: Viewer, id: string, cascade = false) =>
  world.run(
    viewer,
    `mutation ($id: ID!, $cascade: Boolean) {
      apiKeyRevoke(id: $id, cascade: $cascade) { __typename ... on ApiKey { id } }
    }`,
    { id, cascade },
  )

const revokedOf = async (keys: readonly Made[]) => {
  const rows = await world.prisma.apiKey.findMany({
    where: { id: { in: keys.map(({ id }) => id) }, revokedAt: { not: null } },
  })
  return keys.map(({ id }) => rows.some((row) => row.id === id))
}

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString()

describe('a key that a key created', () => {
  test('shows its creator: a key, a user, or the platform', async () => {
    const { first, second } = await keyOfKey()
    expect(first.createdBy).toEqual({ kind: 'USER', id: 'user_1', name: null })
    expect(second.createdBy).toEqual({ kind: 'API_KEY', id: first.id, name: 'first' })
    const platform = await create(await world.createViewer(), { name: 'x', scopes: SCOPES })
    expect(platform.createdBy).toEqual({ kind: 'PLATFORM', id: null, name: null })
  })

  test('expires with its creator by default, or earlier, but not later', async () => {
    const expiresAt = inSeconds(3_600)
    const { first, second } = await keyOfKey(SCOPES, expiresAt)
    expect(second.expiresAt).toBe(expiresAt)
    const earlier = inSeconds(60)
    const input = { name: 'x', scopes: SCOPES }
    expect((await create(first.viewer, { ...input, expiresAt: earlier })).expiresAt).toBe(earlier)
    expect((await create(second.viewer, { ...input, expiresAt })).expiresAt).toBe(expiresAt)
    expect(await issuesOf(second.viewer, { ...input, expiresAt: inSeconds(3_601) })).toEqual([
      { path: ['expiresAt'], message: expect.stringContaining(expiresAt) },
    ])
  })

  test('may outlive a token, and never expires if its creator does not', async () => {
    const { first, second } = await keyOfKey()
    expect([first.expiresAt, second.expiresAt]).toEqual([null, null])
  })

  test('is revoked with its creator only if asked', async () => {
    const { first, second, user } = await keyOfKey()
    const third = await create(second.viewer, { name: 'third', scopes: SCOPES })
    const other = await create(user, { name: 'other', scopes: SCOPES })
    const keys = [first, second, third, other]
    await revoke(user, first.id)
    expect(await revokedOf(keys)).toEqual([true, false, false, false])
    await revoke(user, first.id, true)
    expect(await revokedOf(keys)).toEqual([true, true, true, false])
  })

  test('is revoked with its creator by the operator, also one of a platform key', async () => {
    const viewer = await world.createViewer()
    const { id } = await create(viewer, { name: 'x', scopes: SCOPES })
    expect(await revokeAnyApiKey({ db, newId }, { id: viewer.apiKeyId!, cascade: false })).toEqual([
      viewer.apiKeyId,
    ])
    const revoked = await revokeAnyApiKey({ db, newId }, { id: viewer.apiKeyId!, cascade: true })
    expect(revoked).toContain(id)
    expect(revoked).not.toContain(viewer.apiKeyId)
    await world.prisma.apiKey.updateMany({ data: { revokedAt: null } })
  })

  test('is not created by a key that was revoked or has expired since it was checked', async () => {
    const { first, second } = await keyOfKey()
    const input = { name: 'x', scopes: SCOPES }
    await revoke(first.viewer, second.id)
    const issues = [{ path: [], message: expect.stringContaining('revoked or expired') }]
    expect(await issuesOf(second.viewer, input)).toEqual(issues)
    const where = { id: first.id }
    await world.prisma.apiKey.update({ where, data: { expiresAt: new Date(0) } })
    expect(await issuesOf(first.viewer, input)).toEqual(issues)
  })

  test('is revoked also if it is created during the revocation of its creator', async () => {
    const { first, user } = await keyOfKey()
    const input = { name: 'x', scopes: SCOPES }
    await Promise.all([
      ...Array.from({ length: 8 }, () => world.run(first.viewer, CREATE, { input })),
      revoke(user, first.id, true),
    ])
    const where = { createdByKeyId: first.id, revokedAt: null }
    expect(await world.prisma.apiKey.count({ where })).toBe(0)
  })
})

describe('a key', () => {
  const FEW: readonly Scope[] = ['KEYS_MANAGE', 'DESTINATIONS_READ']

  test.each<[string, readonly Scope[], readonly Scope[], boolean]>([
    ['more scopes', ['KEYS_MANAGE'], FEW, false],
    ['other scopes', ['KEYS_MANAGE'], ['EVENTS_PUBLISH'], false],
    ['the same scopes', FEW, FEW, true],
    ['fewer scopes', FEW, ['DESTINATIONS_READ'], true],
    ['all scopes, for an owner key', SCOPES, SCOPES, true],
  ])('with KEYS_MANAGE that revokes one with %s', async (_, own, theirs, isAllowed) => {
    const owner = await world.createViewer()
    const target = await create(owner, { name: 'target', scopes: theirs })
    const { viewer } = await create(owner, { name: 'caller', scopes: own })
    const { data, errors } = await revoke(viewer, target.id)
    expect(await revokedOf([target])).toEqual([isAllowed])
    if (isAllowed) return expect(data.apiKeyRevoke).toEqual({ __typename: 'ApiKey', id: target.id })
    expect(data.apiKeyRevoke).toBeNull()
    expect(errors).toMatchObject([
      { message: expect.stringContaining('owner key'), extensions: { code: 'FORBIDDEN' } },
    ])
  })

  test('of an owner revokes one with a scope of a later release', async () => {
    const owner = await world.createViewer()
    const target = await create(owner, { name: 'target', scopes: ['KEYS_MANAGE'] })
    const scopes = ['KEYS_MANAGE', 'LATER_SCOPE']
    await world.prisma.apiKey.update({ where: { id: target.id }, data: { scopes } })
    expect((await revoke({ ...owner, scopes: new Set(FEW) }, target.id)).errors).toBeDefined()
    expect((await revoke(owner, target.id)).errors).toBeUndefined()
  })

  test('of an earlier release is stored without a creator', async () => {
    const viewer = await world.createViewer()
    await db.query(
      `insert into api_key (id, organization_id, name, prefix, hash, scopes)
      values ('key_old', $1, 'old', 'bmk_old', '\\x00', '{}')`,
      [viewer.organizationId],
    )
    const { data } = await world.run(viewer, '{ apiKeys { id createdBy { kind } } }')
    expect(data.apiKeys).toEqual([{ id: 'key_old', createdBy: null }])
  })
})
