import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { graphql } from '../../../src/generated/graphql/gql.ts'
import type { EventPublishInput, EventType } from '../../../src/generated/graphql/graphql.ts'
import { deliveryOf, deliveryStands } from '../../helpers/delivery-operations.ts'
import { generatedInput } from '../../helpers/generated-data.ts'
import {
  pythonIsPresent,
  pythonSampleVerifies,
} from '../../helpers/guide-samples/guide-receiver.ts'
import { activeDestination, PublishEvent } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { expectSigned, signatureOf } from '../../helpers/verify-request.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const folder = new URL('../../fixtures/examples/', import.meta.url)
const examples = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'))
const NO_RELATIONS = {
  associated_account_ids: [],
  associated_contact_ids: [],
  associated_deal_ids: [],
  associated_lead_ids: [],
}

const GetPayloads = graphql(`
  query TestGetPayloads($ids: [ID!]!) {
    nodes(ids: $ids) { ... on Delivery { id payload status } }
  }
`)

const ListEventTypes = graphql(`query TestListEventTypes { eventDefinitions { type } }`)

async function receiveEverything({ client }: World, url: string) {
  const { eventDefinitions } = await client.request(ListEventTypes)
  return activeDestination(client, { url, events: eventDefinitions.map(({ type }) => type) })
}

/** A printed payload as its publisher would send it: relations in the API's spelling, and only if there are any. */
function asInput(example: string): EventPublishInput {
  const { event, data, relations, timestamp } = JSON.parse(example)
  const own = relations && {
    associatedAccountIds: relations.associated_account_ids,
    associatedContactIds: relations.associated_contact_ids,
    associatedDealIds: relations.associated_deal_ids,
    associatedLeadIds: relations.associated_lead_ids,
  }
  return { event: event.toUpperCase() as EventType, data, relations: own, timestamp }
}

test.runIf(pythonIsPresent())(
  "the guide's Python sample verifies every printed example as it is delivered",
  async () => {
    await using world = await createWorld()
    await using receiver = await startReceiver()
    const { secret } = await receiveEverything(world, receiver.url)
    for (const example of examples) {
      await world.client.request(PublishEvent, { input: asInput(example) })
    }
    await receiver.request(examples.length)
    const signed = receiver.requests.map((request) => ({
      body: request.body,
      signature: signatureOf(request),
      secret,
    }))
    expect(await pythonSampleVerifies(signed)).toEqual(examples.map(() => true))
  },
)

test('each of the 18 printed examples is delivered unchanged, with the four lists of relations', async () => {
  expect(examples).toHaveLength(18)
  await using world = await createWorld()
  await using receiver = await startReceiver()
  const { id, secret } = await receiveEverything(world, receiver.url)
  for (const [index, example] of examples.entries()) {
    const { eventPublish } = await world.client.request(PublishEvent, { input: asInput(example) })
    expect(eventPublish).toMatchObject({ __typename: 'EventPublished', deliveryCount: 1 })
    const request = await receiver.request(index + 1)
    const { event, data, relations = NO_RELATIONS, timestamp } = JSON.parse(example)
    expect(request.body).toBe(JSON.stringify({ event, data, relations, webhook_id: id, timestamp }))
    expectSigned(request, secret)
    await deliveryStands(world.client, deliveryOf(request), { payload: request.body })
  }
})

describe('200 generated events', () => {
  const inputs = fc.sample(generatedInput, { numRuns: 200, seed: 7 })
  const BATCH = 50

  test('are delivered byte for byte as their deliveries say, and verify', async () => {
    await using world = await createWorld()
    await using receiver = await startReceiver()
    const { id, secret } = await receiveEverything(world, receiver.url)
    for (let start = 0; start < inputs.length; start += BATCH) {
      await publishTexts(world, inputs.slice(start, start + BATCH))
    }
    await receiver.request(inputs.length)
    const bodies = new Map(receiver.requests.map((request) => [deliveryOf(request), request.body]))
    for (let start = 0; start < inputs.length; start += BATCH) {
      const ids = [...bodies.keys()].slice(start, start + BATCH)
      const { nodes } = await world.client.request(GetPayloads, { ids })
      for (const [index, one] of nodes.entries()) {
        expect(one).toMatchObject({ id: ids[index], payload: bodies.get(ids[index]!) })
      }
    }
    for (const request of receiver.requests) expectSigned(request, secret)
    const sent = receiver.requests.map(({ body }) => withoutTime(body)).sort()
    expect(sent).toEqual(inputs.map((input) => expectedBody(input, id)).sort())
  })
})

type GeneratedInput = typeof generatedInput extends fc.Arbitrary<infer Input> ? Input : never

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what an id may not have
const usable = (ids: string[]) => ids.filter((id) => id !== '' && !/[\u0000-\u001f\u007f]/.test(id))

/** Publishes texts without JSON.stringify. */
async function publishTexts({ url, apiKey }: World, inputs: GeneratedInput[]): Promise<void> {
  const texts = inputs.map(({ event, dataText, ids }) => {
    const relations = JSON.stringify({ associatedDealIds: usable(ids) })
    return `{"event":"${event.toUpperCase()}","data":${dataText},"relations":${relations}}`
  })
  const query =
    'mutation TestPublishTexts($inputs: [EventPublishInput!]!) { eventPublishMany(inputs: $inputs) { __typename } }'
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: `{"query":${JSON.stringify(query)},"variables":{"inputs":[${texts.join(',')}]}}`,
  })
  const published = { data: { eventPublishMany: { __typename: 'EventsPublished' } } }
  expect(await response.json()).toEqual(published)
}

const withoutTime = (body: string) => body.replace(/"timestamp":"[^"]*"}$/, '')

function expectedBody({ event, dataText, ids }: GeneratedInput, id: string): string {
  const relations = JSON.stringify({ ...NO_RELATIONS, associated_deal_ids: usable(ids) })
  const data = JSON.stringify(JSON.parse(dataText))
  return `{"event":"${event}","data":${data},"relations":${relations},"webhook_id":"${id}",`
}
