import { expect, test } from 'vitest'
import type { Scope } from '../../../src/domain/api-key.ts'
import { createGraphqlWorld, summary } from './world.ts'

// Which field needs which scope, and that ids of others lead nowhere, is shown over HTTP by test/trust.
const world = await createGraphqlWorld()

test('a refusal names the scope that the key lacks', async () => {
  const viewer = await world.createViewer(['EVENTS_PUBLISH'])
  const { errors } = await world.run(viewer, '{ destinations { nodes { id } } }')
  const message = 'This key lacks the scope DESTINATIONS_READ. Use a key that has it.'
  expect(errors).toMatchObject([{ message, extensions: { code: 'FORBIDDEN' } }])
})

test('every caller can read its own organization by id, and gets null for a malformed id', async () => {
  const viewer = await world.createViewer([])
  const query = `query ($id: ID!) {
    viewer { organization { id } }
    own: node(id: $id) { __typename id }
    none: nodes(ids: ["?", "", "org_", "a\\u0000b", "-7"]) { id }
  }`
  const { data, errors } = await world.run(viewer, query, { id: viewer.organizationId })
  expect(errors).toBeUndefined()
  expect(data).toEqual({
    viewer: { organization: { id: viewer.organizationId } },
    own: { __typename: 'Organization', id: viewer.organizationId },
    none: [null, null, null, null, null],
  })
})

test('a mutation answers a malformed id like an unknown id', async () => {
  const viewer = await world.createViewer()
  const operation = `mutation ($id: ID!) {
    destinationDelete(id: $id) { __typename ... on NotFoundError { message } }
    deliveryRetry(id: $id) { __typename ... on NotFoundError { message } }
    apiKeyRevoke(id: $id) { __typename ... on NotFoundError { message } }
  }`
  const { data } = await world.run(viewer, operation, { id: 'no such id\u0000' })
  const never = await world.run(viewer, operation, { id: 'whk_01m80a31zqfq88nswt96km6fjr' })
  expect(data).toEqual(never.data)
  expect(data.destinationDelete.__typename).toBe('NotFoundError')
})

test('a publisher reads back the event that it published', async () => {
  const viewer = await world.createViewer(['EVENTS_PUBLISH'])
  const { data } = await world.run(
    viewer,
    `mutation ($input: EventPublishInput!) {
      eventPublish(input: $input) {
        ... on EventPublished { event { type data relations { associatedDealIds } } }
      }
    }`,
    { input: summary() },
  )
  expect(data.eventPublish.event).toEqual({
    type: 'SUMMARY_CREATED',
    data: summary().data,
    relations: { associatedDealIds: [] },
  })
})

test('a caller with DESTINATIONS_WRITE only can read the status of a delivery', async () => {
  const owner = await world.createViewer()
  const id = await world.createDestination(owner)
  const writer = { ...owner, scopes: new Set<Scope>(['DESTINATIONS_WRITE']) }
  const { data } = await world.run(
    writer,
    `mutation ($id: ID!) {
      destinationSendTest(id: $id, event: TODO_CREATED) { ... on Delivery { status test } }
    }`,
    { id },
  )
  expect(data.destinationSendTest).toEqual({ status: 'PENDING', test: true })
})

test('a mutation without its scope is null, and the others of the operation keep their results', async () => {
  const viewer = await world.createViewer(['DESTINATIONS_WRITE'])
  const { data, errors } = await world.run(
    viewer,
    `mutation {
      destinationCreate(input: { name: "CRM" }) { ... on Destination { name } }
      apiKeyCreate(input: { name: "key", scopes: [] }) { __typename }
    }`,
  )
  expect(data).toEqual({ destinationCreate: { name: 'CRM' }, apiKeyCreate: null })
  expect(errors).toMatchObject([{ path: ['apiKeyCreate'], extensions: { code: 'FORBIDDEN' } }])
})
