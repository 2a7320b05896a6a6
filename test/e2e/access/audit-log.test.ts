import { describe, expect, test } from 'vitest'
import { SCOPES } from '../../../src/domain/api-key.ts'
import { createAuditWorld } from './audit-world.ts'

const { world, pageOf, logOf, actionsOf, change, user } = await createAuditWorld()

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
