import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../../src/access/authentication.ts'
import { API_KEY_LIMIT, SCOPES, type Scope } from '../../../src/domain/api-key.ts'
import { createGraphqlWorld } from './world.ts'

const world = await createGraphqlWorld()

async function create(viewer: Viewer, input: object) {
  const { data, errors } = await world.run(
    viewer,
    `mutation ($input: ApiKeyCreateInput!) {
      apiKeyCreate(input: $input) {
        __typename
        ... on ApiKeyCreated {
          key
          apiKey { id name prefix scopes createdAt expiresAt lastUsedAt revokedAt }
        }
        ... on ValidationError { message issues { path message } }
      }
    }`,
    { input },
  )
  expect(errors).toBeUndefined()
  return data.apiKeyCreate
}

async function revoke(viewer: Viewer, id: string) {
  const { data, errors } = await world.run(
    viewer,
    `mutation ($id: ID!) {
      apiKeyRevoke(id: $id) {
        __typename ... on ApiKey { id revokedAt } ... on NotFoundError { id }
      }
    }`,
    { id },
  )
  expect(errors).toBeUndefined()
  return data.apiKeyRevoke
}

const idsOf = async (viewer: Viewer): Promise<string[]> =>
  (await world.run(viewer, '{ apiKeys { id } }')).data.apiKeys.map(({ id }: { id: string }) => id)

const signIn = (key: string) =>
  world.app.authenticate({ authorization: `Bearer ${key}`, organization: null })

describe('a new key', () => {
  test('is shown once, and has its scopes in the organization of its creator', async () => {
    const maker = await world.createViewer()
    const expiresAt = new Date(Date.now() + 60_000).toISOString()
    const scopes = ['KEYS_MANAGE', 'DESTINATIONS_READ', 'KEYS_MANAGE']
    const { apiKey, key } = await create(maker, { name: '  CI  ', scopes, expiresAt })
    expect(key).toMatch(/^bmk_[\w-]{49}$/)
    expect(apiKey).toEqual({
      id: expect.stringMatching(/^key_[0-9a-z]{26}$/),
      name: 'CI',
      prefix: key.slice(0, 12),
      scopes: ['DESTINATIONS_READ', 'KEYS_MANAGE'],
      createdAt: expect.any(String),
      expiresAt,
      lastUsedAt: null,
      revokedAt: null,
    })
    const { viewer } = await signIn(key)
    expect(viewer).toEqual({
      organizationId: maker.organizationId,
      apiKeyId: apiKey.id,
      scopes: new Set(['DESTINATIONS_READ', 'KEYS_MANAGE']),
    })
  })

  test('is stored as its SHA-256 only', async () => {
    const { apiKey, key } = await create(await world.createViewer(), {
      name: 'x',
      scopes: ['SECRETS_READ'],
    })
    const row = await world.prisma.apiKey.findUniqueOrThrow({ where: { id: apiKey.id } })
    expect(Buffer.from(row.hash)).toEqual(createHash('sha256').update(key).digest())
    expect(JSON.stringify(row)).not.toContain(key.slice(12))
  })

  test.each([
    ['an empty name', { name: ' ' }, ['name']],
    ['a name that is too long', { name: 'x'.repeat(256) }, ['name']],
    ['a name with a control character', { name: 'a\u0000b' }, ['name']],
    ['no scope', { scopes: [] }, ['scopes']],
    ['an expiry in the past', { expiresAt: '2020-01-01T00:00:00Z' }, ['expiresAt']],
  ])('is refused with %s, and none is made', async (_, wrong, path) => {
    const maker = await world.createViewer()
    const answer = await create(maker, { name: 'x', scopes: ['SECRETS_READ'], ...wrong })
    expect(answer).toMatchObject({ __typename: 'ValidationError', issues: [{ path }] })
    expect(await idsOf(maker)).toEqual([])
  })

  test('gets all problems with its input at once', async () => {
    const maker = await world.createViewer()
    const wrong = { name: '', scopes: [], expiresAt: '2020-01-01T00:00:00Z' }
    const { issues } = await create(maker, wrong)
    expect(issues.map(({ path }: { path: string[] }) => path)).toEqual([
      ['name'],
      ['scopes'],
      ['expiresAt'],
    ])
  })

  test.each(SCOPES.filter((scope) => scope !== 'KEYS_MANAGE'))(
    'cannot get the scope %s from a creator without it',
    async (scope) => {
      const maker = await world.createViewer(SCOPES.filter((one) => one !== scope))
      const answer = await create(maker, { name: 'x', scopes: ['KEYS_MANAGE', scope] })
      expect(answer).toMatchObject({
        __typename: 'ValidationError',
        issues: [{ path: ['scopes'] }],
      })
      expect(answer.message).toContain(scope)
      expect(await idsOf(maker)).toEqual([])
    },
  )

  test('can create keys with its own scopes only', async () => {
    const first = await create(await world.createViewer(), { name: 'x', scopes: ['KEYS_MANAGE'] })
    const { viewer } = await signIn(first.key)
    const answer = await create(viewer!, { name: 'y', scopes: [...SCOPES] })
    expect(answer.__typename).toBe('ValidationError')
    const same = await create(viewer!, { name: 'y', scopes: ['KEYS_MANAGE'] })
    expect(same.apiKey.scopes).toEqual(['KEYS_MANAGE'])
  })
})

describe('the keys of an organization', () => {
  test('are at most 1,000, also with concurrent requests, and revoked and expired keys do not count', async () => {
    const [viewer, stranger] = [await world.createViewer(), await world.createViewer()]
    const count = API_KEY_LIMIT - 2
    await world.prisma.apiKey.createMany({
      data: Array.from({ length: count }, (_, index) => ({
        id: `${viewer.organizationId}_${index}`,
        organizationId: viewer.organizationId,
        name: 'x',
        prefix: 'bmk_x',
        hash: createHash('sha256').update(`${viewer.organizationId}_${index}`).digest(),
        scopes: [],
      })),
    })
    const key = { name: 'x', scopes: ['SECRETS_READ'] }
    const answers = await Promise.all(Array.from({ length: 6 }, () => create(viewer, key)))
    const made = answers.filter(({ __typename }) => __typename === 'ApiKeyCreated')
    expect(made).toHaveLength(2)
    expect(answers.find(({ __typename }) => __typename !== 'ApiKeyCreated')).toEqual({
      __typename: 'ValidationError',
      message:
        'An organization can have 1000 keys that are neither revoked nor expired. Revoke one first.',
      issues: [{ path: [], message: expect.stringContaining('Revoke one first.') }],
    })
    expect((await idsOf(viewer)).length).toBe(API_KEY_LIMIT)
    expect((await create(stranger, key)).__typename).toBe('ApiKeyCreated')
    await revoke(viewer, made[0]!.apiKey.id)
    expect((await create(viewer, key)).__typename).toBe('ApiKeyCreated')
    expect((await create(viewer, key)).__typename).toBe('ValidationError')
    await expire(made[1]!.apiKey.id)
    expect((await create(viewer, key)).__typename).toBe('ApiKeyCreated')
  })

  test('are listed newest first, with revoked and expired keys, for one organization only', async () => {
    const [viewer, stranger] = [await world.createViewer(), await world.createViewer()]
    const made: string[] = []
    for (const name of ['a', 'b', 'c']) {
      const { apiKey } = await create(viewer, { name, scopes: ['SECRETS_READ'] })
      made.unshift(apiKey.id)
    }
    await create(stranger, { name: 'z', scopes: ['SECRETS_READ'] })
    await revoke(viewer, made[1]!)
    await expire(made[0]!)
    expect(await idsOf(viewer)).toEqual(made)
  })

  test('are listed with the last hundred of those that ended, and never without a valid one', async () => {
    const viewer = await world.createViewer()
    const { apiKey } = await create(viewer, { name: 'old', scopes: ['SECRETS_READ'] })
    const { organizationId } = viewer
    await world.prisma.apiKey.createMany({
      data: Array.from({ length: 101 }, (_, index) => ({
        id: `key_9${String(index).padStart(3, '0')}`,
        organizationId,
        name: 'ended',
        prefix: 'bmk_ended',
        hash: createHash('sha256').update(`ended ${index}`).digest(),
        scopes: [],
        revokedAt: new Date(),
      })),
    })
    const listed = await idsOf(viewer)
    expect(listed).toHaveLength(101)
    expect(listed[0]).toBe('key_9100')
    expect(listed.at(-2)).toBe('key_9001')
    expect(listed.at(-1)).toBe(apiKey.id)
  })

  test('never include platform keys', async () => {
    const viewer = await world.createViewer()
    await world.app.createPlatformKey({ name: 'backend', scopes: SCOPES })
    const { id } = await world.prisma.apiKey.findFirstOrThrow({ where: { organizationId: null } })
    expect(await idsOf(viewer)).toEqual([])
    const { data } = await world.run(viewer, 'query ($id: ID!) { node(id: $id) { id } }', { id })
    expect(data.node).toBeNull()
    expect(await revoke(viewer, id)).toEqual({ __typename: 'NotFoundError', id })
  })

  test('are found by id with KEYS_MANAGE, which finds nothing else', async () => {
    const owner = await world.createViewer()
    const { apiKey } = await create(owner, { name: 'x', scopes: ['SECRETS_READ'] })
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }'
    const as = (scopes: Scope[], ids: string[]) =>
      world.run({ ...owner, scopes: new Set(scopes) }, query, { ids })
    const { data } = await as(['KEYS_MANAGE'], [apiKey.id])
    expect(data.nodes).toEqual([{ __typename: 'ApiKey', id: apiKey.id }])
    for (const scopes of [['KEYS_MANAGE'], ['DESTINATIONS_READ']] as Scope[][]) {
      const { errors } = await as(scopes, [apiKey.id, 'whk_1'])
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    }
  })
})

describe('revoking a key', () => {
  test('returns the time, and a second call changes nothing', async () => {
    const viewer = await world.createViewer()
    const { apiKey } = await create(viewer, { name: 'x', scopes: ['SECRETS_READ'] })
    const first = await revoke(viewer, apiKey.id)
    expect(first).toMatchObject({ __typename: 'ApiKey', id: apiKey.id })
    expect(new Date(first.revokedAt).getTime()).toBeLessThanOrEqual(Date.now() + 1_000)
    expect(await revoke(viewer, apiKey.id)).toEqual(first)
  })

  test('does not find the key of another organization or a malformed id', async () => {
    const { apiKey, key } = await create(await world.createViewer(), {
      name: 'x',
      scopes: ['SECRETS_READ'],
    })
    const stranger = await world.createViewer()
    for (const id of [apiKey.id, 'key_1', 'whk_1', 'no such id\u0000']) {
      expect(await revoke(stranger, id)).toEqual({ __typename: 'NotFoundError', id })
    }
    expect((await signIn(key)).viewer?.apiKeyId).toBe(apiKey.id)
  })

  test('rejects it from then on, as does its expiry', async () => {
    const viewer = await world.createViewer()
    const one = await create(viewer, { name: 'x', scopes: ['SECRETS_READ'] })
    const other = await create(viewer, { name: 'y', scopes: ['SECRETS_READ'] })
    await revoke(viewer, one.apiKey.id)
    await expire(other.apiKey.id)
    expect(await signIn(one.key)).toEqual({ viewer: null })
    expect(await signIn(other.key)).toEqual({ viewer: null })
  })
})

const expire = (id: string) =>
  world.prisma.apiKey.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1) } })
