// biome-ignore-all lint/suspicious/noThenProperty: that is what customers' data may have
import { expect, test } from 'vitest'
import { graphql } from '../../../src/generated/graphql/gql.ts'
import { latestAttempt } from '../../helpers/deliveries.ts'
import { GetEvent, ListEvents } from '../../helpers/delivery-operations.ts'
import { activeDestination, publishTodo, todo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { readSse } from '../../helpers/sse.ts'
import { createWorld } from '../../helpers/world.ts'

const PublishForData = graphql(`
  mutation TestPublishForData($input: EventPublishInput!) {
    eventPublish(input: $input) {
      ... on EventPublished { event { id data } }
      ... on UserError { message }
    }
  }
`)

const AttemptedData = graphql(`
  subscription TestAttemptedData($after: ID) {
    deliveryAttempted(after: $after) { delivery { event { id data } } }
  }
`)

const ATTEMPTED_DATA = `subscription ($after: ID) {
  deliveryAttempted(after: $after) { delivery { event { id data } } }
}`

/** What a program that awaits whatever it is given would call, wait for or trip over. */
const thenables = [
  { then: 'later' },
  { then: {} },
  { then: null },
  { then: { then: 'later' } },
  { steps: [{ then: 'call back' }, { then: null }] },
]

test('data with a key "then" is published, returned, listed and emitted as any other data', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver()
  const { id } = await activeDestination(client, { url: receiver.url })
  const first = await publishTodo(client)
  const after = await latestAttempt(client, id)

  const published: { id: string; data: unknown }[] = []
  for (const thenable of thenables) {
    const data = { ...todo('Call back'), ...thenable }
    const { eventPublish } = await client.request(PublishForData, {
      input: { event: 'TODO_CREATED', data },
    })
    if (!eventPublish || !('event' in eventPublish)) expect.fail('not published')
    expect(eventPublish.event.data).toEqual(data)
    const { event } = await client.request(GetEvent, { id: eventPublish.event.id })
    expect(event?.data).toEqual(data)
    published.push(eventPublish.event)
  }

  const { events } = await client.request(ListEvents)
  const listed = events.nodes.filter((event) => event.id !== first).toReversed()
  expect(listed.map(({ id, data }) => ({ id, data }))).toEqual(published)
  const told: typeof published = []
  for await (const { deliveryAttempted } of client.subscribe(AttemptedData, { after })) {
    if (told.push(deliveryAttempted.delivery.event) === published.length) break
  }
  const inOrder = (events: typeof published) => events.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  expect(inOrder(told)).toEqual(published)
  const operation = { query: ATTEMPTED_DATA, variables: { after } }
  const streamed = await readSse<{
    deliveryAttempted: { delivery: { event: (typeof published)[0] } }
  }>(world, operation, published.length)
  expect(
    inOrder(streamed.map(({ deliveryAttempted }) => deliveryAttempted.delivery.event)),
  ).toEqual(published)
})

test('an event that is delivered carries its key "then" to the receiver', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver()
  await activeDestination(client, { url: receiver.url })
  const data = { ...todo('Call back'), then: 'later' }
  await client.request(PublishForData, { input: { event: 'TODO_CREATED', data } })
  expect(JSON.parse((await receiver.request()).body).data).toEqual(data)
})
