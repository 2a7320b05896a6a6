import { describe, expect, test } from 'vitest'
import { SCOPES, type Scope } from '../../src/domain/api-key.ts'
import { createSchema } from '../../src/graphql/schema.ts'
import { createGraphqlWorld, summary } from './world.ts'

const world = await createGraphqlWorld()

/** Each root field with the scopes that it needs, as the smallest operation that asks for it. */
const OPERATIONS: Record<string, [scopes: Scope[], operation: string]> = {
  viewer: [[], '{ viewer { scopes } }'],
  eventDefinitions: [[], '{ eventDefinitions { name } }'],
  destination: [['DESTINATIONS_READ'], '{ destination(id: "whk_1") { id } }'],
  destinations: [['DESTINATIONS_READ'], '{ destinations { nodes { id } } }'],
  event: [['DESTINATIONS_READ'], '{ event(id: "evt_1") { id } }'],
  events: [['DESTINATIONS_READ'], '{ events { nodes { id } } }'],
  delivery: [['DESTINATIONS_READ'], '{ delivery(id: "dlv_1") { id } }'],
  node: [['DESTINATIONS_READ'], '{ node(id: "att_1") { id } }'],
  nodes: [['DESTINATIONS_READ'], '{ nodes(ids: ["x", "evt_1"]) { id } }'],
  destinationCreate: [
    ['DESTINATIONS_WRITE'],
    'mutation { destinationCreate(input: { name: "x" }) { ... on Destination { secret { masked } } } }',
  ],
  destinationUpdate: [
    ['DESTINATIONS_WRITE'],
    'mutation { destinationUpdate(id: "whk_1", input: {}) { __typename } }',
  ],
  destinationSelectEvents: [
    ['DESTINATIONS_WRITE'],
    'mutation { destinationSelectEvents(id: "whk_1", events: []) { __typename } }',
  ],
  destinationActivate: [
    ['DESTINATIONS_WRITE'],
    'mutation { destinationActivate(id: "whk_1") { __typename } }',
  ],
  destinationDeactivate: [
    ['DESTINATIONS_WRITE'],
    'mutation { destinationDeactivate(id: "whk_1") { __typename } }',
  ],
  destinationDelete: [
    ['DESTINATIONS_WRITE'],
    'mutation { destinationDelete(id: "whk_1") { __typename } }',
  ],
  destinationRotateSecret: [
    ['DESTINATIONS_WRITE', 'SECRETS_READ'],
    'mutation { destinationRotateSecret(id: "whk_1") { __typename } }',
  ],
  destinationRevealSecret: [
    ['SECRETS_READ'],
    'mutation { destinationRevealSecret(id: "whk_1") { __typename } }',
  ],
  destinationSendTest: [
    ['DESTINATIONS_WRITE'],
    'mutation { destinationSendTest(id: "whk_1", event: TODO_CREATED) { __typename } }',
  ],
  eventPublish: [
    ['EVENTS_PUBLISH'],
    'mutation { eventPublish(input: { event: TODO_CREATED, data: {} }) { __typename } }',
  ],
  eventPublishMany: [
    ['EVENTS_PUBLISH'],
    'mutation { eventPublishMany(inputs: []) { __typename } }',
  ],
  deliveryRetry: [['DESTINATIONS_WRITE'], 'mutation { deliveryRetry(id: "dlv_1") { __typename } }'],
  apiKeys: [['KEYS_MANAGE'], '{ apiKeys { id } }'],
  apiKeyCreate: [
    ['KEYS_MANAGE'],
    'mutation { apiKeyCreate(input: { name: "x", scopes: [] }) { __typename } }',
  ],
  apiKeyRevoke: [['KEYS_MANAGE'], 'mutation { apiKeyRevoke(id: "key_1") { __typename } }'],
  deliveryAttempted: [['DESTINATIONS_READ'], 'subscription { deliveryAttempted { id } }'],
  destinationChanged: [['DESTINATIONS_READ'], 'subscription { destinationChanged { id } }'],
}

async function codesOf(viewer: Parameters<typeof world.run>[0], operation: string) {
  if (!operation.startsWith('subscription')) {
    const { errors = [] } = await world.run(viewer, operation)
    return errors.map(({ message, extensions }) => ({ message, code: extensions?.code }))
  }
  const stream = await world.subscribe(viewer, operation)
  if (stream.return) await stream.return(undefined)
  return (stream.errors ?? []).map(({ message, extensions }) => ({
    message,
    code: extensions?.code,
  }))
}

describe('a root field', () => {
  test('stands in this table, whichever it is', () => {
    const schema = createSchema()
    const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
    expect(Object.keys(OPERATIONS).toSorted()).toEqual(
      fields.flatMap((type) => Object.keys(type!.getFields())).toSorted(),
    )
  })

  test.each(Object.entries(OPERATIONS))(
    '%s needs a key, and scopes of it',
    async (_, [scopes, operation]) => {
      expect(await codesOf(null, operation)).toMatchObject([{ code: 'UNAUTHENTICATED' }])
      for (const missing of scopes) {
        const viewer = await world.createViewer(SCOPES.filter((scope) => scope !== missing))
        const message = `This key lacks the scope ${missing}. Use a key that has it.`
        expect(await codesOf(viewer, operation)).toEqual([{ code: 'FORBIDDEN', message }])
      }
      expect(await codesOf(await world.createViewer(scopes), operation)).toEqual([])
    },
  )
})

test('whoever is signed in finds its own organization by id, and nothing for what is no id', async () => {
  const viewer = await world.createViewer([])
  const { data, errors } = await world.run(
    viewer,
    '{ viewer { organization { id } } node(id: "?") { id } }',
  )
  expect(errors).toBeUndefined()
  expect(data).toEqual({ viewer: { organization: { id: viewer.organizationId } }, node: null })
  const { data: again } = await world.run(
    viewer,
    'query ($id: ID!) { node(id: $id) { __typename id } }',
    {
      id: viewer.organizationId,
    },
  )
  expect(again.node).toEqual({ __typename: 'Organization', id: viewer.organizationId })
})

test('a publisher reads the event that it published, but not where it goes', async () => {
  const viewer = await world.createViewer(['EVENTS_PUBLISH'])
  const publish = (selection: string) =>
    world.run(
      viewer,
      `mutation ($input: EventPublishInput!) {
        eventPublish(input: $input) { ... on EventPublished { event { ${selection} } } }
      }`,
      { input: summary() },
    )
  const { data } = await publish('type data relations { associatedDealIds }')
  expect(data.eventPublish.event).toEqual({
    type: 'SUMMARY_CREATED',
    data: summary().data,
    relations: { associatedDealIds: [] },
  })
  const { errors } = await publish('deliveries { nodes { id } }')
  expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
})

test('who may only write sees how a delivery stands, but not what it carries', async () => {
  const { organizationId, apiKeyId } = await world.createViewer()
  const owner = { organizationId, apiKeyId, scopes: new Set(SCOPES) }
  const id = await world.createDestination(owner)
  const writer = { organizationId, apiKeyId, scopes: new Set<Scope>(['DESTINATIONS_WRITE']) }
  const send = (selection: string) =>
    world.run(
      writer,
      `mutation ($id: ID!) {
        destinationSendTest(id: $id, event: TODO_CREATED) { ... on Delivery { ${selection} } }
      }`,
      { id },
    )
  const { data } = await send('status test')
  expect(data.destinationSendTest).toEqual({ status: 'PENDING', test: true })
  for (const selection of ['payload', 'event { id }', 'destination { id }', 'attempts { id }']) {
    const { errors } = await send(selection)
    expect(errors, selection).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  }
})

describe("another organization's things", () => {
  test('are found by no query', async () => {
    const { ids, stranger } = await createOthersThings()
    const { data, errors } = await world.run(
      stranger,
      `query ($whk: ID!, $evt: ID!, $dlv: ID!, $att: ID!, $org: ID!, $key: ID!, $cursor: String!) {
        destination(id: $whk) { id }
        event(id: $evt) { id }
        delivery(id: $dlv) { id }
        nodes(ids: [$whk, $evt, $dlv, $att, $org, $key]) { id }
        destinations { totalCount nodes { id } }
        events(after: $cursor) { nodes { id } }
        apiKeys { id }
      }`,
      { ...ids, cursor: 'evt_zzzzzzzzzzzzzzzzzzzzzzzzzz' },
    )
    expect(errors).toBeUndefined()
    expect(data).toEqual({
      destination: null,
      event: null,
      delivery: null,
      nodes: [null, null, null, null, null, null],
      apiKeys: [],
      destinations: { totalCount: 0, nodes: [] },
      events: { nodes: [] },
    })
  })

  test('are not found by any mutation, in the same words as what never was', async () => {
    const { ids, stranger } = await createOthersThings()
    for (const [name, operation] of mutationsById()) {
      const id = { deliveryRetry: ids.dlv, apiKeyRevoke: ids.key }[name] ?? ids.whk
      const { data } = await world.run(stranger, operation, { id })
      const { data: never } = await world.run(stranger, operation, { id: 'no such id\u0000' })
      expect(data[name], name).toEqual({
        __typename: 'NotFoundError',
        id,
        message: expect.any(String),
      })
      expect(never[name].message).toBe(data[name].message)
    }
    expect(await world.prisma.destination.count({ where: { id: ids.whk } })).toBe(1)
  })
})

async function createOthersThings() {
  const owner = await world.createViewer()
  const whk = await world.createDestination(owner)
  const [evt] = await world.publish(owner, 1)
  await world.recordAttempts(owner)
  const attempt = await world.prisma.deliveryAttempt.findFirstOrThrow({
    where: { organizationId: owner.organizationId },
  })
  const { data } = await world.run(
    owner,
    `mutation {
      apiKeyCreate(input: { name: "x", scopes: [KEYS_MANAGE] }) { ... on ApiKeyCreated { apiKey { id } } }
    }`,
  )
  const ids = {
    whk,
    evt,
    dlv: attempt.deliveryId,
    att: attempt.id,
    org: owner.organizationId,
    key: data.apiKeyCreate.apiKey.id as string,
  }
  return { ids, stranger: await world.createViewer() }
}

function mutationsById(): [name: string, operation: string][] {
  return Object.entries(OPERATIONS).flatMap(([name, [, operation]]) =>
    /id: "/.test(operation) && operation.startsWith('mutation')
      ? [
          [
            name,
            operation
              .replace('mutation', 'mutation ($id: ID!)')
              .replace(/id: "\w+"/, 'id: $id')
              .replace('{ __typename }', '{ __typename ... on NotFoundError { id message } }'),
          ],
        ]
      : [],
  )
}
