import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../../src/access/authentication.ts'
import { catalogue } from '../../../src/domain/events/index.ts'
import { createGraphqlWorld, statementsOf, summary } from './world.ts'

const world = await createGraphqlWorld()

const PUBLISH = `mutation ($input: EventPublishInput!) {
  eventPublish(input: $input) {
    __typename
    ... on EventPublished { duplicate deliveryCount event { id type data timestamp idempotencyKey } }
    ... on ValidationError { issues { path message } }
    ... on IdempotencyConflictError { message event { id data } }
  }
}`

async function publish(viewer: Viewer, input: object) {
  const { data } = await world.run(viewer, PUBLISH, { input })
  return data.eventPublish
}

describe('an event', () => {
  test('is published with defaults for null, and returned as stored', async () => {
    const viewer = await world.createViewer()
    await world.createDestination(viewer)
    const nothing = { relations: null, timestamp: null, idempotencyKey: null }
    const before = Date.now()
    const answer = await publish(viewer, { ...summary(), ...nothing })
    expect(answer).toMatchObject({
      __typename: 'EventPublished',
      duplicate: false,
      deliveryCount: 1,
    })
    expect(answer.event).toMatchObject({ ...{ data: summary().data }, idempotencyKey: null })
    const timestamp = Date.parse(answer.event.timestamp)
    expect(timestamp).toBeGreaterThanOrEqual(before)
    expect(timestamp).toBeLessThanOrEqual(Date.now())
  })

  test('keeps every key of its data, __proto__ too, from a literal as from a variable', async () => {
    const viewer = await world.createViewer()
    const data = JSON.parse(
      '{"meeting_id":"m","session_id":"s","summary":"x","__proto__":{"1":[1.5]}}',
    )
    expect(JSON.stringify((await publish(viewer, { ...summary(), data })).event.data)).toBe(
      JSON.stringify(data),
    )
    const { data: answer } = await world.run(
      viewer,
      `mutation ($id: String) {
        eventPublish(input: { event: SUMMARY_CREATED, data: { meeting_id: $id, session_id: "s", summary: "x", __proto__: { n: 1e21 } } }) {
          ... on EventPublished { event { data } }
        }
      }`,
      { id: 'm' },
    )
    expect(JSON.stringify(answer.eventPublish.event.data)).toBe(
      '{"meeting_id":"m","session_id":"s","summary":"x","__proto__":{"n":1e+21}}',
    )
  })

  test('is refused with the path of each fault in its data and its relations', async () => {
    const viewer = await world.createViewer()
    const answer = await publish(viewer, {
      event: 'SUMMARY_CREATED',
      data: { meeting_id: 7 },
      relations: { associatedDealIds: ['deal', ''] },
    })
    const paths = answer.issues.map(({ path }: { path: string[] }) => path.join('.'))
    expect(paths.toSorted()).toEqual([
      'data.meeting_id',
      'data.session_id',
      'data.summary',
      'relations.associatedDealIds.1',
    ])
  })

  test('with a used idempotency key returns the first event, and refuses another event with the first one', async () => {
    const viewer = await world.createViewer()
    const input = { ...summary(), idempotencyKey: 'k' }
    const first = await publish(viewer, input)
    expect(await publish(viewer, input)).toMatchObject({
      duplicate: true,
      deliveryCount: 0,
      event: { id: first.event.id, idempotencyKey: 'k' },
    })
    expect(await publish(viewer, { ...input, data: summary(1).data })).toMatchObject({
      __typename: 'IdempotencyConflictError',
      event: { id: first.event.id, data: summary().data },
    })
  })
})

describe('a batch', () => {
  const many = (selection: string) => `mutation ($inputs: [EventPublishInput!]!) {
    eventPublishMany(inputs: $inputs) {
      ... on EventsPublished { results { duplicate deliveryCount ${selection} } }
      ... on ValidationError { issues { path } }
    }
  }`

  test('of 1,000 is read back in no statement if only ids are selected, and otherwise in one', async () => {
    const viewer = await world.createViewer()
    const inputs = Array.from({ length: 1_000 }, (_, index) => summary(index))
    for (const [selection, count] of [
      ['', 0],
      ['event { id }', 0],
      ['event { id data }', 1],
    ] as const) {
      let answer: Awaited<ReturnType<typeof world.run>> | undefined
      const statements = await statementsOf(async () => {
        answer = await world.run(viewer, many(selection), { inputs })
      })
      expect(statements, selection).toHaveLength(count)
      const { results } = answer!.data.eventPublishMany
      expect(results).toHaveLength(1_000)
      if (count === 1) expect(results[999].event.data).toEqual(summary(999).data)
    }
  })

  test('is refused as a whole, with paths that begin with the index', async () => {
    const viewer = await world.createViewer()
    const inputs = [summary(), { event: 'SUMMARY_CREATED', data: [] }]
    const { data } = await world.run(viewer, many(''), { inputs })
    expect(data.eventPublishMany).toEqual({ issues: [{ path: ['1', 'data'] }] })
    expect(
      await world.prisma.event.count({ where: { organizationId: viewer.organizationId } }),
    ).toBe(0)
  })
})

describe('events', () => {
  test('are filtered by type, by a CRM id, and by time from since to before until', async () => {
    const viewer = await world.createViewer()
    const at = (minute: number) => `2025-10-10T14:0${minute}:00.000Z`
    const relations = { associatedContactIds: ['con_1'], associatedDealIds: ['deal_1'] }
    const [first] = await world.publish(viewer, 1, { timestamp: at(1), relations })
    const [second] = await world.publish(viewer, 1, { timestamp: at(2) })
    const find = async (filter: object | null) => {
      const { data } = await world.run(
        viewer,
        'query ($filter: EventFilter) { events(filter: $filter) { nodes { id } } }',
        { filter },
      )
      return data.events.nodes.map(({ id }: { id: string }) => id)
    }
    expect(await find(null)).toEqual([second, first])
    expect(await find({ types: null, relatedTo: null, since: null, until: null })).toHaveLength(2)
    expect(await find({ types: ['TODO_CREATED'] })).toEqual([])
    expect(await find({ relatedTo: 'deal_1' })).toEqual([first])
    expect(await find({ relatedTo: 'deal' })).toEqual([])
    expect(await find({ since: at(2) })).toEqual([second])
    expect(await find({ until: '2025-10-10T16:02:00+02:00' })).toEqual([first])
  })

  test('of test sends are not among them, but are found by id', async () => {
    const viewer = await world.createViewer()
    const id = await world.createDestination(viewer)
    const { data } = await world.run(
      viewer,
      `mutation ($id: ID!) {
        destinationSendTest(id: $id, event: EMAIL_SENT) { ... on Delivery { test event { id } } }
      }`,
      { id },
    )
    const { data: found } = await world.run(
      viewer,
      'query ($id: ID!) { events { nodes { id } } event(id: $id) { type } }',
      { id: data.destinationSendTest.event.id },
    )
    expect(found).toEqual({ events: { nodes: [] }, event: { type: 'EMAIL_SENT' } })
  })
})

test('the catalog has schemas and complete examples', async () => {
  const { data } = await world.run(
    await world.createViewer(),
    '{ eventDefinitions { type name description schema example } }',
  )
  expect(data.eventDefinitions).toHaveLength(catalogue.length)
  expect(data.eventDefinitions[0]).toMatchObject({
    type: 'TRANSCRIPTION_CREATED',
    name: 'transcription_created',
    schema: { type: 'object', properties: { meeting_id: { type: 'string' } } },
    example: { event: 'transcription_created', relations: { associated_lead_ids: [] } },
  })
})
