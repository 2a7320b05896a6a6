import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import { SCOPES } from '../../../src/domain/api-key.ts'
import type { DestinationUpdateInput } from '../../../src/generated/graphql/graphql.ts'
import { actionsOf, keyCalled, logOf, pageOf } from '../../helpers/audit-log.ts'
import { readRowsAsText } from '../../helpers/database-text.ts'
import { destinationStands, publishTodos } from '../../helpers/delivery-operations.ts'
import {
  activate,
  deactivate,
  inactiveDestination,
  RotateSecret,
  reveal,
  rotate,
  SelectEvents,
  UpdateDestination,
} from '../../helpers/destination-operations.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { ActivateDestination, activeDestination, RevealSecret } from '../../helpers/operations.ts'
import { ask, codesOf, somebody } from '../../helpers/raw-operation.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { startIssuer } from '../../helpers/token-issuer.ts'
import { createWorld } from '../../helpers/world.ts'

const URL = 'https://crm.example.com/hook-4711'
const NOBODY = { kind: 'SERVICE', id: null, name: null }

test('every action on a destination is logged once, with its actor and time', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock, worker: false })
  const admin = await keyCalled(world, 'Admin')
  const auditor = await keyCalled(world, 'Auditor')
  await inactiveDestination(admin.client)
  const id = await inactiveDestination(admin.client)
  const began = clock.now()
  const steps = [
    () => admin.client.request(UpdateDestination, { id, input: { name: 'CRM', url: URL } }),
    () => auditor.client.request(SelectEvents, { id, events: ['TODO_CREATED', 'EMAIL_SENT'] }),
    () => activate(admin.client, id),
    () => reveal(auditor.client, id),
    () => rotate(admin.client, id),
    () => reveal(auditor.client, id),
    () => deactivate(admin.client, id),
    () => admin.client.request(UpdateDestination, { id, input: { url: null, events: [] } }),
  ]
  for (const step of steps) {
    await clock.tick(1000)
    await step()
  }
  const told = [
    ['CREATED', admin.actor, []],
    ['SETTINGS_CHANGED', admin.actor, ['NAME', 'URL']],
    ['SETTINGS_CHANGED', auditor.actor, ['EVENTS']],
    ['ACTIVATED', admin.actor, []],
    ['SECRET_REVEALED', auditor.actor, []],
    ['SECRET_ROTATED', admin.actor, []],
    ['SECRET_REVEALED', auditor.actor, []],
    ['DEACTIVATED', admin.actor, []],
    ['SETTINGS_CHANGED', admin.actor, ['URL', 'EVENTS']],
  ].map(([action, actor, changed], second) => ({
    id: expect.stringMatching(/^aud_/),
    action,
    actor,
    changed,
    createdAt: new Date(began + 1000 * second).toISOString(),
  }))
  expect(await logOf(world.client, id)).toEqual(told.toReversed())
  const rows = await readRowsAsText(world.databaseUrl)
  const entries = rows.filter((row) => row.startsWith('public.audit_entry '))
  expect(entries).toHaveLength(1 + told.length)
  expect(entries.join('\n')).not.toContain('crm.example.com')
})

test('refused calls and calls without an effect are not logged', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const active = (await activeDestination(client, { url: URL, name: 'CRM' })).id
  const idle = await inactiveDestination(client)
  const before = [await logOf(client, active), await logOf(client, idle)]

  await activate(client, active)
  await deactivate(client, idle)
  const same: DestinationUpdateInput = { name: ' CRM ', url: URL, events: ['TODO_CREATED'] }
  for (const input of [same, {}, { name: null, events: null }]) {
    const { destinationUpdate } = await client.request(UpdateDestination, { id: active, input })
    expect(destinationUpdate.__typename).toBe('Destination')
  }
  await client.request(SelectEvents, { id: active, events: ['TODO_CREATED', 'TODO_CREATED'] })

  const refused = [
    client.request(UpdateDestination, { id: active, input: { name: '' } }),
    client.request(UpdateDestination, { id: active, input: { name: 'Other', url: null } }),
    client.request(SelectEvents, { id: active, events: [] }),
    client.request(ActivateDestination, { id: idle }),
    client.request(RotateSecret, { id: active, overlapSeconds: -1 }),
  ].map(async (answer) => Object.values(await answer)[0].__typename)
  const { __typename: never } = (await client.request(RevealSecret, { id: `${idle}0` }))
    .destinationRevealSecret
  expect([...(await Promise.all(refused)), never]).toEqual([
    'ValidationError',
    'DestinationNotReadyError',
    'DestinationNotReadyError',
    'DestinationNotReadyError',
    'ValidationError',
    'NotFoundError',
  ])
  const stranger = await somebody(world, 'Stranger', SCOPES)
  const reader = await somebody(world, world.organizationId, ['DESTINATIONS_READ'])
  const show = 'mutation ($id: ID!) { destinationRevealSecret(id: $id) { __typename } }'
  const { data } = await ask(stranger, show, { id: active })
  expect(data.destinationRevealSecret.__typename).toBe('NotFoundError')
  expect(codesOf(await ask(reader, show, { id: active }))).toEqual(['FORBIDDEN'])

  expect([await logOf(client, active), await logOf(client, idle)]).toEqual(before)
})

test('the 15th failure is logged once, with the actor SERVICE, with two workers too', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  await world.addProcess({ clock })
  const { client } = world
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 16)
  await receiver.request(16)
  held.release(500, 16)
  const { disabledAt } = await destinationStands(client, id, { failureCount: 16 })
  const [latest, ...earlier] = await logOf(client, id)
  expect(latest).toMatchObject({ action: 'DISABLED', actor: NOBODY, createdAt: disabledAt })
  expect(latest!.changed).toEqual([])
  expect(earlier.map(({ action }) => action)).toEqual(['SECRET_REVEALED', 'ACTIVATED', 'CREATED'])
  await activate(client, id)
  expect((await actionsOf(client, id)).slice(0, 2)).toEqual(['ACTIVATED', 'DISABLED'])
})

test("a user of the host product is logged with its user id, and the host product's backend as PLATFORM", async () => {
  await using issuer = await startIssuer()
  await using world = await createWorld({ worker: false, jwt: issuer.settings })
  const { app, url } = world
  const platformKey = await app.createPlatformKey({ name: 'Backend', scopes: SCOPES })
  const scope = SCOPES.join(' ').toLowerCase()

  async function run(key: string, query: string) {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'x-organization': 'org_of_bigmind',
      'x-organization-create': 'true',
    }
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
    })
    // biome-ignore lint/suspicious/noExplicitAny: what comes back is what is to be proved
    return ((await response.json()) as { data: any }).data
  }

  const create =
    'mutation { destinationCreate(input: { name: "x" }) { ... on Destination { id } } }'
  const { id } = (await run(platformKey, create)).destinationCreate
  const show = `mutation { destinationRevealSecret(id: "${id}") { __typename } }`
  await run(await issuer.sign({ scope, sub: 'user_42' }), show)
  const log = `{ destination(id: "${id}") { auditLog { nodes { action actor { kind id name } } } } }`
  expect((await run(platformKey, log)).destination.auditLog.nodes).toEqual([
    { action: 'SECRET_REVEALED', actor: { kind: 'USER', id: 'user_42', name: null } },
    { action: 'CREATED', actor: { kind: 'PLATFORM', id: null, name: null } },
  ])
})

test('the log has pages, and only its own organization can read an entry by id', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const id = await inactiveDestination(client)
  for (let count = 0; count < 4; count += 1) await reveal(client, id)
  const whole = await pageOf(client, id)
  expect(whole.nodes).toHaveLength(5)
  expect(whole.pageInfo.hasNextPage).toBe(false)
  const paged: typeof whole.nodes = []
  for (let after: string | undefined, more = true; more; ) {
    const page = await pageOf(client, id, 2, after)
    paged.push(...page.nodes)
    after = page.pageInfo.endCursor ?? undefined
    more = page.pageInfo.hasNextPage
  }
  expect(paged).toEqual(whole.nodes)

  const find =
    'query ($id: ID!) { node(id: $id) { id ... on AuditEntry { action actor { kind name } } } }'
  const entry = whole.nodes.at(-1)!.id
  expect((await ask(world, find, { id: entry })).data.node).toEqual({
    id: entry,
    action: 'CREATED',
    actor: { kind: 'API_KEY', name: 'test' },
  })
  const stranger = await somebody(world, 'Stranger', SCOPES)
  expect(await ask(stranger, find, { id: entry })).toEqual({ data: { node: null } })
})

test('concurrent reveals and rotations of a secret are logged in the order in which they were committed', async () => {
  await using world = await createWorld({ worker: false })
  const other = await world.addProcess({ worker: false })
  const id = await inactiveDestination(world.client)
  const original = await reveal(world.client, id)
  const shown = new Map<string, string>()
  const act = async (_: unknown, index: number) => {
    const name = `Key ${index}`
    const { client } = await keyCalled(index % 3 === 0 ? world : { ...world, url: other.url }, name)
    return async () => shown.set(name, await (index % 2 === 0 ? reveal : rotate)(client, id))
  }
  const acts = await Promise.all(Array.from({ length: 24 }, act))
  await Promise.all(acts.map((one) => one()))

  const log = (await logOf(world.client, id)).toReversed().slice(2)
  expect(log.map(({ actor }) => actor.name).toSorted()).toEqual([...shown.keys()].toSorted())
  let current = original
  for (const { action, actor } of log) {
    const secret = shown.get(actor.name!)
    if (action === 'SECRET_ROTATED') current = secret!
    else expect(secret).toBe(current)
  }
})
