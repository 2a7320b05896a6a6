import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../../src/access/authentication.ts'
import { purgeAuditLogs } from '../../../src/audit/purge.ts'
import { verifyAuditLogs } from '../../../src/audit/verify.ts'
import { verifyAudit } from '../../../src/cli/keys/verify-audit.ts'
import { SCOPES } from '../../../src/domain/api-key.ts'
import { createGraphqlWorld } from '../graphql/world.ts'

const world = await createGraphqlWorld()
const { db, lowestId } = world.app.ports

const ENTRIES = `query ($first: Int, $after: String, $filter: AuditLogFilter) {
  viewer { organization { auditLog(first: $first, after: $after, filter: $filter) {
    nodes {
      id sequence action subjectId subjectName createdAt hash previousHash
      actor { kind id name } changes { setting before after }
    }
    pageInfo { hasNextPage endCursor }
  } } }
}`

async function pageOf(viewer: Viewer, variables: object = {}) {
  const { data, errors } = await world.run(viewer, ENTRIES, { first: 100, ...variables })
  expect(errors).toBeUndefined()
  return data.viewer.organization.auditLog
}

const logOf = async (viewer: Viewer, filter: object = {}) =>
  (await pageOf(viewer, { filter })).nodes
const actionsOf = async (viewer: Viewer, filter?: object) =>
  (await logOf(viewer, filter)).map(({ action }: { action: string }) => action)

/** Runs a mutation on the object with an id. */
const change = (viewer: Viewer, call: string, id = '') =>
  world.run(viewer, `mutation ($id: ID!) { ${call} { __typename } }`, { id })

const user = async (): Promise<Viewer> => ({
  ...(await world.createViewer()),
  apiKeyId: null,
  userId: 'user_1',
})

const verificationOf = async ({ organizationId }: Viewer) =>
  (await verifyAuditLogs(db)).find((one) => one.organizationId === organizationId)

/** Changes rows as a person with access to the database could. */
const tamper = (...statements: string[]) =>
  db.transaction(async (tx) => {
    await tx.query('alter table audit_log_entry disable trigger user')
    for (const statement of statements) await tx.query(statement)
    await tx.query('alter table audit_log_entry enable trigger user')
  })

describe('the audit log of an organization', () => {
  test('has each action with its actor and the values before and after, and outlives the destination', async () => {
    const viewer = await user()
    const id = await world.createDestination(viewer)
    await change(
      viewer,
      'destinationUpdate(id: $id, input: { name: "New", events: [TODO_CREATED] })',
      id,
    )
    await change(viewer, 'destinationUpdate(id: $id, input: { name: "New" })', id)
    await change(viewer, 'destinationRevealSecret(id: $id)', id)
    await change(viewer, 'destinationRotateSecret(id: $id, overlapSeconds: 60)', id)
    await change(viewer, 'destinationDeactivate(id: $id)', id)
    await change(viewer, 'destinationDelete(id: $id)', id)

    const entries = await logOf(viewer)
    expect(entries.map(({ action, changes }: never) => [action, changes]).reverse()).toEqual([
      [
        'DESTINATION_CREATED',
        [
          { setting: 'name', before: null, after: 'CRM' },
          { setting: 'url', before: null, after: 'https://example.com/webhooks' },
          { setting: 'events', before: [], after: ['SUMMARY_CREATED'] },
        ],
      ],
      ['DESTINATION_ACTIVATED', [{ setting: 'status', before: 'INACTIVE', after: 'ACTIVE' }]],
      [
        'DESTINATION_CHANGED',
        [
          { setting: 'name', before: 'CRM', after: 'New' },
          { setting: 'events', before: ['SUMMARY_CREATED'], after: ['TODO_CREATED'] },
        ],
      ],
      ['SECRET_REVEALED', []],
      ['SECRET_ROTATED', [{ setting: 'overlapSeconds', before: null, after: 60 }]],
      ['DESTINATION_DEACTIVATED', [{ setting: 'status', before: 'ACTIVE', after: 'INACTIVE' }]],
      ['DESTINATION_DELETED', []],
    ])
    for (const { actor, createdAt, id: entry, subjectId } of entries) {
      expect(entry).toMatch(/^log_[0-9a-z]{26}$/)
      expect(actor).toEqual({ kind: 'USER', id: 'user_1', name: null })
      expect(subjectId).toBe(id)
      expect(Date.parse(createdAt)).toBeGreaterThan(0)
    }
    expect(entries[0].subjectName).toBe('New')
    expect(JSON.stringify(entries)).not.toContain('wsec_')
  })

  test('has created and revoked keys, with the name of the key that did it', async () => {
    const viewer = await user()
    const input = { name: 'CI', scopes: SCOPES }
    const made = await world.run(
      viewer,
      `mutation ($input: ApiKeyCreateInput!) {
        apiKeyCreate(input: $input) { ... on ApiKeyCreated { key apiKey { id } } }
      }`,
      { input },
    )
    const { apiKey, key } = made.data.apiKeyCreate
    const credentials = { authorization: `Bearer ${key}`, organization: null }
    const ci = (await world.app.authenticate(credentials)).viewer!
    await change(ci, 'apiKeyRevoke(id: $id)', apiKey.id)
    await change(ci, 'apiKeyRevoke(id: $id)', apiKey.id)
    expect(await logOf(viewer)).toMatchObject([
      {
        action: 'KEY_REVOKED',
        subjectId: apiKey.id,
        actor: { kind: 'API_KEY', id: apiKey.id, name: 'CI' },
      },
      {
        action: 'KEY_CREATED',
        subjectName: 'CI',
        changes: [{ setting: 'scopes', before: null, after: [...SCOPES] }],
      },
    ])
    expect(JSON.stringify(await logOf(viewer))).not.toContain(key.slice(12))
  })

  test('has the operator and the platform, without the id of its key', async () => {
    const viewer = await world.createViewer()
    const owner = { organization: viewer.organizationId }
    await world.app.createApiKey(owner, { name: 'by hand', scopes: ['EVENTS_PUBLISH'] })
    await world.createDestination(viewer)
    const actors = (await logOf(viewer)).map(({ actor }: { actor: object }) => actor)
    expect(actors).toEqual([
      { kind: 'PLATFORM', id: null, name: null },
      { kind: 'PLATFORM', id: null, name: null },
      { kind: 'OPERATOR', id: null, name: null },
    ])
  })

  test('has an erasure once, without the content', async () => {
    const viewer = await user()
    const [id] = await world.publish(viewer, 1)
    await change(viewer, 'eventErase(id: $id)', id)
    await change(viewer, 'eventErase(id: $id)', id)
    expect(await logOf(viewer)).toMatchObject([
      { action: 'EVENT_ERASED', subjectId: id, subjectName: 'summary_created', changes: [] },
    ])
  })

  test('has no entry for what was refused or changed nothing', async () => {
    const viewer = await user()
    const id = await world.createDestination(viewer)
    const before = await actionsOf(viewer)
    await change(viewer, 'destinationActivate(id: $id)', id)
    await change(viewer, 'destinationUpdate(id: $id, input: { name: "CRM" })', id)
    await change(viewer, 'destinationUpdate(id: $id, input: { url: null })', id)
    await change(viewer, 'destinationUpdate(id: $id, input: { name: "" })', id)
    await change(viewer, 'destinationDelete(id: $id)', 'whk_0')
    expect(await actionsOf(viewer)).toEqual(before)
  })

  test('is filtered by action, actor, subject and time, and read in pages', async () => {
    const viewer = await user()
    const ids = [await world.createDestination(viewer), await world.createDestination(viewer)]
    expect(await actionsOf(viewer, { actions: ['DESTINATION_CREATED'] })).toHaveLength(2)
    expect(await actionsOf(viewer, { subjectId: ids[0] })).toHaveLength(2)
    expect(await actionsOf(viewer, { actorId: 'user_1' })).toHaveLength(4)
    expect(await actionsOf(viewer, { actorId: 'user_2' })).toEqual([])
    expect(await actionsOf(viewer, { until: '2020-01-01T00:00:00Z' })).toEqual([])
    expect(await actionsOf(viewer, { since: '2020-01-01T00:00:00Z' })).toHaveLength(4)
    const first = await pageOf(viewer, { first: 3 })
    const second = await pageOf(viewer, { first: 3, after: first.pageInfo.endCursor })
    const sequences = [...first.nodes, ...second.nodes].map(({ sequence }) => sequence)
    expect(sequences).toEqual([4, 3, 2, 1])
  })
})

describe('the chain of an audit log', () => {
  /** An organization with 12 entries, 8 of which were appended at once. */
  async function settle() {
    const viewer = await user()
    const ids: string[] = []
    for (let made = 0; made < 4; made += 1) ids.push(await world.createDestination(viewer))
    await Promise.all(ids.map((id) => change(viewer, 'destinationRevealSecret(id: $id)', id)))
    return viewer
  }

  test('is without gaps when entries are appended at once, and ids ascend with it', async () => {
    const viewer = await settle()
    const entries = (await logOf(viewer)).reverse()
    expect(entries.map(({ sequence }: { sequence: number }) => sequence)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    )
    expect(entries[0].previousHash).toBe('0'.repeat(64))
    for (const [index, entry] of entries.slice(1).entries()) {
      expect(entry.previousHash).toBe(entries[index].hash)
    }
    const { hash } = entries.at(-1)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 12, hash, broken: null })
  })

  test.each<[string, string, object]>([
    [
      'changed',
      `update audit_log_entry set subject_name = 'x' where`,
      { sequence: 5, reason: 'was changed' },
    ],
    [
      'redated',
      `update audit_log_entry set created_at = now() where`,
      { sequence: 5, reason: 'was changed' },
    ],
    [
      'deleted',
      'delete from audit_log_entry where',
      { sequence: 5, reason: 'is missing before this one' },
    ],
    [
      'rewritten with its hash',
      `update audit_log_entry set hash = sha256('x'), changes = '[]' where`,
      { sequence: 5, reason: 'was changed' },
    ],
  ])('names the first entry that was %s', async (_, statement, broken) => {
    const viewer = await settle()
    const where = `organization_id = '${viewer.organizationId}' and sequence = 5`
    await tamper(`${statement} ${where}`)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 4, broken })
    await expect(verifyAudit(db)).rejects.toThrow(`${viewer.organizationId}: entry 5 (log_`)
    await tamper(
      `delete from audit_log_entry where organization_id = '${viewer.organizationId}'`,
      `delete from audit_log_head where organization_id = '${viewer.organizationId}'`,
    )
  })

  test.each(['audit_log_entry where sequence > 10 and', 'audit_log_head where'])(
    'names the place where the end was cut off by a deletion from %s',
    async (rows) => {
      const viewer = await settle()
      const where = `organization_id = '${viewer.organizationId}'`
      await tamper(`delete from ${rows} ${where}`)
      const { broken } = (await verificationOf(viewer))!
      expect(broken).not.toBeNull()
      await purgeAuditLogs({ db, lowestId: () => 'log_z', clock: world.app.ports.clock }, 1)
      await tamper(
        `delete from audit_log_entry where ${where}`,
        `delete from audit_log_head where ${where}`,
      )
      expect(await verifyAudit(db)).toContain('audit logs are valid.')
    },
  )

  test('cannot be changed, deleted or truncated by statements', async () => {
    await settle()
    for (const statement of [
      `update audit_log_entry set subject_name = 'x'`,
      'delete from audit_log_entry',
      'truncate audit_log_entry',
    ]) {
      await expect(db.query(statement)).rejects.toThrow('cannot be changed or deleted')
    }
  })

  test('stays valid when its oldest entries are deleted by age', async () => {
    const viewer = await settle()
    const [sixth] = await db.query<{ id: string }>(
      'select id from audit_log_entry where organization_id = $1 and sequence = 7',
      [viewer.organizationId],
    )
    const ports = { db, lowestId: () => sixth!.id, clock: world.app.ports.clock }
    await purgeAuditLogs(ports, 365)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 6, broken: null })
    expect((await logOf(viewer)).at(-1).sequence).toBe(7)
    await world.createDestination(viewer)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 8, broken: null })
    await purgeAuditLogs({ ...ports, lowestId: () => 'log_z' }, 365)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 0, broken: null })
    await world.createDestination(viewer)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 2, broken: null })
  })

  test('keeps entries within the retention', async () => {
    const viewer = await settle()
    await purgeAuditLogs({ db, lowestId, clock: world.app.ports.clock }, 1)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 12 })
  })

  test('does not lock publications of the organization', async () => {
    const viewer = await settle()
    await db.transaction(async (tx) => {
      await tx.query('select from audit_log_head where organization_id = $1 for update', [
        viewer.organizationId,
      ])
      expect(await world.publish(viewer, 2)).toHaveLength(2)
    })
  })
})
