import { describe, expect, test } from 'vitest'
import type { EventPublishInput } from '../../../src/generated/graphql/graphql.ts'
import { ListEvents } from '../../helpers/delivery-operations.ts'
import {
  inactiveDestination,
  readDestination,
  UpdateDestination,
} from '../../helpers/destination-operations.ts'
import { CreateDestination, PublishEvent, PublishEvents, todo } from '../../helpers/operations.ts'
import { createWorld } from '../../helpers/world.ts'

const unspeakable: [what: string, text: string][] = [
  ['the first half of a character', 'a\ud83d'],
  ['the second half of a character', '\ude80b'],
  ['the halves in the wrong order', '\ude80\ud83d'],
  ['NUL', 'a\u0000b'],
  ['a line break', 'a\nb'],
  ['an escape', '\u001b[31mred'],
  ['a delete', 'a\u007f'],
]

const EMOJI = '👩‍🚀 Zoë 東京 🎉'

const world = await createWorld({ worker: false })
const { client } = world

const publish = async (input: Partial<EventPublishInput>) =>
  (
    await client.request(PublishEvent, {
      input: { event: 'TODO_CREATED', data: todo('Call back'), ...input },
    })
  ).eventPublish

const refused = (...path: string[]) => ({ __typename: 'ValidationError', issues: [{ path }] })

const count = async (table: 'event' | 'destination') =>
  (await world.app.ports.db.query(`select from ${table}`)).length

describe.each(unspeakable)('%s is refused, and nothing is stored', (_what, text) => {
  test('in an idempotency key, of one event and of one among many', async () => {
    const events = await count('event')
    expect(await publish({ idempotencyKey: text })).toMatchObject(refused('idempotencyKey'))
    const inputs = ['fine', text].map((idempotencyKey) => ({
      event: 'TODO_CREATED' as const,
      data: todo('Call back'),
      idempotencyKey,
    }))
    const { eventPublishMany } = await client.request(PublishEvents, { inputs })
    expect(eventPublishMany).toMatchObject(refused('1', 'idempotencyKey'))
    expect(await count('event')).toBe(events)
  })

  test('in the id of a relation', async () => {
    const events = await count('event')
    const relations = { associatedDealIds: ['deal_1', text] }
    expect(await publish({ relations })).toMatchObject(
      refused('relations', 'associatedDealIds', '1'),
    )
    expect(await count('event')).toBe(events)
  })

  test('in the name of a destination, when it is made and when it is changed', async () => {
    const id = await inactiveDestination(client)
    const destinations = await count('destination')
    const { destinationCreate } = await client.request(CreateDestination, { input: { name: text } })
    expect(destinationCreate).toMatchObject(refused('name'))
    const { destinationUpdate } = await client.request(UpdateDestination, {
      id,
      input: { name: text },
    })
    expect(destinationUpdate).toMatchObject(refused('name'))
    expect((await readDestination(client, id)).name).toBe('Receiver')
    expect(await count('destination')).toBe(destinations)
  })
})

test('characters outside the Basic Multilingual Plane are accepted everywhere', async () => {
  const relations = { associatedDealIds: [EMOJI] }
  const answer = await publish({ idempotencyKey: EMOJI, relations })
  expect(answer).toMatchObject({ duplicate: false, event: { idempotencyKey: EMOJI } })
  expect(await publish({ idempotencyKey: EMOJI, relations })).toMatchObject({ duplicate: true })
  const { destinationCreate } = await client.request(CreateDestination, { input: { name: EMOJI } })
  expect(destinationCreate).toMatchObject({ __typename: 'Destination', name: EMOJI })
})

test('concurrent calls with half a surrogate pair as the key are refused without an effect on other calls', async () => {
  const before = (await client.request(ListEvents)).events.nodes.length
  const answers = await Promise.all([
    ...Array.from({ length: 5 }, () => publish({ idempotencyKey: '\ud800' })),
    publish({ idempotencyKey: 'whole' }),
    publish({ idempotencyKey: '\ud800' }),
  ])
  const published = answers.filter(({ __typename }) => __typename === 'EventPublished')
  expect(published).toMatchObject([{ event: { idempotencyKey: 'whole' } }])
  expect((await client.request(ListEvents)).events.nodes).toHaveLength(before + 1)
})
