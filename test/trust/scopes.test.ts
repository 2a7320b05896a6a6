import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGraphqlClient } from '../../src/cli/graphql-client.ts'
import { SCOPES, type Scope } from '../../src/domain/api-key.ts'
import { createSchema } from '../../src/graphql/schema.ts'
import { latestAttempt } from '../helpers/deliveries.ts'
import { activeDestination, publishTodo, todo } from '../helpers/operations.ts'
import {
  type Api,
  ask,
  codesOf,
  listen,
  type RawAnswer,
  somebody,
} from '../helpers/raw-operation.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { fieldsOf } from '../helpers/schema-coordinates.ts'
import { createWorld, type World } from '../helpers/world.ts'

type Row = [needs: readonly Scope[], operation: string]

const READ = ['DESTINATIONS_READ'] as const
const WRITE = ['DESTINATIONS_WRITE'] as const
const PUBLISH = ['EVENTS_PUBLISH'] as const
const REVEAL = ['SECRETS_READ'] as const
const ROTATE = ['DESTINATIONS_WRITE', 'SECRETS_READ'] as const
const KEYS = ['KEYS_MANAGE'] as const

const onDestination = (call: string) => `mutation ($whk: ID!) { ${call} { __typename } }`

/** THE table: what each root field needs, and the smallest operation that asks for it. */
const TABLE: Record<string, Row> = {
  'Query.viewer': [[], '{ viewer { scopes organization { id } } }'],
  'Query.eventDefinitions': [[], '{ eventDefinitions { name } }'],
  'Query.node': [READ, 'query ($whk: ID!) { node(id: $whk) { id } }'],
  'Query.nodes': [READ, 'query ($whk: ID!) { nodes(ids: [$whk]) { id } }'],
  'Query.destination': [READ, 'query ($whk: ID!) { destination(id: $whk) { id } }'],
  'Query.destinations': [READ, '{ destinations { nodes { id } } }'],
  'Query.event': [READ, 'query ($evt: ID!) { event(id: $evt) { id } }'],
  'Query.events': [READ, '{ events { nodes { id } } }'],
  'Query.delivery': [READ, 'query ($dlv: ID!) { delivery(id: $dlv) { id } }'],
  'Query.apiKeys': [KEYS, '{ apiKeys { id } }'],
  'Mutation.destinationCreate': [
    WRITE,
    'mutation { destinationCreate(input: { name: "x" }) { __typename } }',
  ],
  'Mutation.destinationUpdate': [
    WRITE,
    onDestination('destinationUpdate(id: $whk, input: { name: "y" })'),
  ],
  'Mutation.destinationSelectEvents': [
    WRITE,
    onDestination('destinationSelectEvents(id: $whk, events: [TODO_CREATED])'),
  ],
  'Mutation.destinationActivate': [WRITE, onDestination('destinationActivate(id: $whk)')],
  'Mutation.destinationDeactivate': [WRITE, onDestination('destinationDeactivate(id: $whk)')],
  'Mutation.destinationDelete': [WRITE, onDestination('destinationDelete(id: $whk)')],
  'Mutation.destinationRotateSecret': [ROTATE, onDestination('destinationRotateSecret(id: $whk)')],
  'Mutation.destinationRevealSecret': [REVEAL, onDestination('destinationRevealSecret(id: $whk)')],
  'Mutation.destinationSendTest': [
    WRITE,
    onDestination('destinationSendTest(id: $whk, event: TODO_CREATED)'),
  ],
  'Mutation.eventPublish': [
    PUBLISH,
    'mutation ($data: JSON!) { eventPublish(input: { event: TODO_CREATED, data: $data }) { __typename } }',
  ],
  'Mutation.eventPublishMany': [
    PUBLISH,
    'mutation ($data: JSON!) { eventPublishMany(inputs: [{ event: TODO_CREATED, data: $data }]) { __typename } }',
  ],
  'Mutation.eventErase': [PUBLISH, 'mutation { eventErase(id: "evt_0") { __typename } }'],
  'Mutation.deliveryRetry': [
    WRITE,
    'mutation ($dlv: ID!) { deliveryRetry(id: $dlv) { __typename } }',
  ],
  'Mutation.apiKeyCreate': [
    KEYS,
    'mutation { apiKeyCreate(input: { name: "x", scopes: [KEYS_MANAGE] }) { __typename } }',
  ],
  'Mutation.apiKeyRevoke': [KEYS, 'mutation { apiKeyRevoke(id: "key_0") { __typename } }'],
  'Subscription.deliveryAttempted': [
    READ,
    'subscription ($att: ID!) { deliveryAttempted(after: $att) { id } }',
  ],
  'Subscription.destinationChanged': [READ, 'subscription { destinationChanged { id } }'],
  'Subscription.destinationDeleted': [READ, 'subscription { destinationDeleted { id } }'],
}

/** The same field with other arguments needs something else. */
const BY_ARGUMENT: Record<string, Row> = {
  'Query.node of an organization': [[], 'query ($org: ID!) { node(id: $org) { id } }'],
  'Query.node of an event': [READ, 'query ($evt: ID!) { node(id: $evt) { id } }'],
  'Query.node of a delivery': [READ, 'query ($dlv: ID!) { node(id: $dlv) { id } }'],
  'Query.node of an attempt': [READ, 'query ($att: ID!) { node(id: $att) { id } }'],
  'Query.node of an entry of an audit log': [READ, '{ node(id: "aud_0") { id } }'],
  'Query.node of an entry of the audit log of the organization': [
    [...READ, ...KEYS],
    '{ node(id: "log_0") { id } }',
  ],
  'Query.node of a key': [KEYS, '{ node(id: "key_0") { id } }'],
  'Query.nodes of two kinds': [
    READ,
    'query ($org: ID!, $evt: ID!) { nodes(ids: [$org, $evt]) { id } }',
  ],
}

const published = (selection: string) =>
  `mutation ($data: JSON!) {
    eventPublish(input: { event: TODO_CREATED, data: $data }) { ... on EventPublished { event { ${selection} } } }
  }`
const created = (selection: string) =>
  `mutation { destinationCreate(input: { name: "x" }) { ... on Destination { ${selection} } } }`
const sent = (selection: string) =>
  `mutation ($whk: ID!) {
    destinationSendTest(id: $whk, event: TODO_CREATED) { ... on Delivery { ${selection} } }
  }`

/** Fields further down that need more than what leads to them: the way there, its scope, and theirs. */
const NESTED: Record<string, [way: Scope, needs: Scope, operation: string]> = {
  'Destination.attempts': [...WRITE, ...READ, created('attempts { nodes { id } }')],
  'Destination.lastAttempt': [...WRITE, ...READ, created('lastAttempt { id }')],
  'Destination.attemptHistogram': [...WRITE, ...READ, created('attemptHistogram { start }')],
  'Destination.deliveries': [...WRITE, ...READ, created('deliveries { nodes { id } }')],
  'Destination.auditLog': [...WRITE, ...READ, created('auditLog { nodes { id } }')],
  'Organization.auditLog': [
    ...KEYS,
    ...READ,
    '{ viewer { organization { auditLog { nodes { id } } } } }',
  ],
  'Event.deliveries': [...PUBLISH, ...READ, published('deliveries { nodes { id } }')],
  'Delivery.event': [...WRITE, ...READ, sent('event { id }')],
  'Delivery.destination': [...WRITE, ...READ, sent('destination { id }')],
  'Delivery.payload': [...WRITE, ...READ, sent('payload')],
  'Delivery.attempts': [...WRITE, ...READ, sent('attempts { id }')],
}

/**
 * Fields that require no scope of their own, by type. Add a new field only if everyone who can get the object, also from
 * a mutation, may read the field. Otherwise the field requires a scope, and is listed above.
 */
const OPEN: Record<string, string> = {
  ApiKey: 'id name prefix scopes createdAt createdBy expiresAt lastUsedAt revokedAt',
  ApiKeyCreated: 'apiKey key',
  AttemptBucket: 'start succeeded failed',
  AttemptFailure: 'code message',
  AuditActor: 'kind id name',
  AuditEntry: 'id action actor changed createdAt',
  AuditLogChange: 'setting before after',
  AuditLogEntry:
    'id sequence action actor subjectId subjectName changes createdAt hash previousHash',
  Delivery: 'id status test attemptCount retryCount nextAttemptAt createdAt completedAt',
  DeliveryAttempt:
    'id cursor delivery destination eventType number retryCount status attemptedAt durationMs url requestHeaders responseCode responseBody failure',
  Destination:
    'id name url events status disabledAt failureCount failureLimit secret createdAt updatedAt',
  DestinationDeleted: 'id',
  Event: 'id type data relations timestamp idempotencyKey createdAt erasedAt',
  EventDefinition: 'id type name description schema example',
  EventPublished: 'event duplicate deliveryCount',
  EventsPublished: 'results',
  Organization: 'id name externalId',
  Relations: 'associatedAccountIds associatedContactIds associatedDealIds associatedLeadIds',
  RequestHeader: 'name value',
  SecretRevealed: 'destination secret',
  SigningSecret: 'id masked createdAt previousExpiresAt',
  Viewer: 'organization scopes',
}
/** Pages, and what a mutation says instead of doing something. */
const PLUMBING = /(Connection|Edge|Error|^PageInfo|^ValidationIssue)\./

const ROOTS = /^(Query|Mutation|Subscription)\./
const fields = fieldsOf(createSchema())

/** Every single scope, none, and all: by name. */
const HELD: Record<string, readonly Scope[]> = {
  none: [],
  ...Object.fromEntries(SCOPES.map((scope) => [scope, [scope]])),
  all: SCOPES,
}

let world: World
const keys: Record<string, Api> = {}
let history: { org: string; evt: string; dlv: string; att: string }

beforeAll(async () => {
  world = await createWorld()
  await using receiver = await startReceiver()
  const { organizationId, ...full } = await somebody(world, 'Acme', SCOPES)
  for (const [name, scopes] of Object.entries(HELD)) {
    keys[name] = await somebody(world, 'Acme', scopes)
  }
  const client = createGraphqlClient(full)
  const { id } = await activeDestination(client, { url: receiver.url })
  const evt = await publishTodo(client)
  const att = await latestAttempt(client, id)
  const { data } = await ask(full, '{ destinations { nodes { deliveries { nodes { id } } } } }')
  const dlv = data.destinations.nodes[0].deliveries.nodes[0].id
  await publishTodo(client)
  await receiver.request(2)
  await client.close()
  history = { org: organizationId, evt, dlv, att }
})
afterAll(() => world[Symbol.asyncDispose]())

/** A destination for an operation of its own, which may delete it. It goes nowhere. */
async function aDestination(): Promise<string> {
  const { data } = await ask(keys.all!, created('id'))
  const { id } = data.destinationCreate
  await ask(
    keys.all!,
    'mutation ($id: ID!) { destinationUpdate(id: $id, input: { url: "https://127.0.0.1:9443", events: [TODO_CREATED] }) { __typename } }',
    { id },
  )
  return id
}

async function remove(id: string): Promise<null> {
  await ask(keys.all!, TABLE['Mutation.destinationDelete']![1], { whk: id })
  return null
}

/** Returns the first result. Repeated changes prevent subscriptions from waiting forever. */
async function run(api: Api, operation: string): Promise<RawAnswer> {
  const whk = operation.includes('$whk') ? await aDestination() : null
  const variables = { ...history, whk, data: todo('Call') }
  if (!operation.startsWith('subscription')) return ask(api, operation, variables)
  const first = listen(api, operation, variables).next()
  for (;;) {
    const change = aDestination().then(remove)
    const heard = await Promise.race([first, change])
    if (heard) return heard.value
  }
}

test('the table has every root field', () => {
  const roots = [...fields.keys()].filter((name) => ROOTS.test(name))
  expect(Object.keys(TABLE).toSorted()).toEqual(roots.toSorted())
})

test('the tables have every other field, with its scope or as open', () => {
  const below = [...fields.keys()].filter((name) => !ROOTS.test(name) && !PLUMBING.test(name))
  const guarded = below.filter((name) => {
    const options = fields.get(name)!.extensions.pothosOptions as { authScopes?: unknown }
    return options.authScopes
  })
  expect(guarded.toSorted()).toEqual(Object.keys(NESTED).toSorted())
  const open = Object.entries(OPEN).flatMap(([type, names]) =>
    names.split(' ').map((name) => `${type}.${name}`),
  )
  expect([...guarded, ...open].toSorted()).toEqual(below.toSorted())
})

describe('a root field requires its scopes', () => {
  test.each(Object.entries({ ...TABLE, ...BY_ARGUMENT }))('%s', async (_, [needs, operation]) => {
    for (const [name, held] of Object.entries(HELD)) {
      const answer = await run(keys[name]!, operation)
      const allowed = needs.every((scope) => held.includes(scope))
      expect(codesOf(answer), name).toEqual(allowed ? [] : ['FORBIDDEN'])
      if (allowed) continue
      expect(Object.values(answer.data ?? {}).filter((value) => value !== null)).toEqual([])
      const lacking = needs.filter((scope) => !held.includes(scope))
      expect(lacking.some((scope) => answer.errors![0]!.message.includes(scope))).toBe(true)
    }
    const nobody = await run({ url: world.url }, operation)
    expect(codesOf(nobody)).toEqual(['UNAUTHENTICATED'])
  })

  test('two required scopes suffice together', async () => {
    const both = await somebody(world, 'Acme', ROTATE)
    const [, operation] = TABLE['Mutation.destinationRotateSecret']!
    expect((await run(both, operation)).data).toEqual({
      destinationRotateSecret: { __typename: 'SecretRevealed' },
    })
  })
})

test.each(Object.entries(NESTED))(
  '%s requires its own scope beside that of its parent, and no other',
  async (_, [way, needs, operation]) => {
    for (const scope of SCOPES) {
      const two = await somebody(world, 'Acme', [way, scope])
      const allowed = scope === needs
      expect(codesOf(await run(two, operation)), scope).toEqual(allowed ? [] : ['FORBIDDEN'])
    }
  },
)
