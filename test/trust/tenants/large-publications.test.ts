import pg from 'pg'
import { expect, test } from 'vitest'
import { graphql } from '../../../src/generated/graphql/gql.ts'
import { newId } from '../../../src/storage/ids.ts'
import { addDestinations } from '../../helpers/many-destinations.ts'
import { PublishEvents, publishTodo, todo } from '../../helpers/operations.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const PublishIssues = graphql(`
  mutation TestPublishIssues($inputs: [EventPublishInput!]!) {
    eventPublishMany(inputs: $inputs) {
      __typename
      ... on ValidationError { issues { path message } }
    }
  }
`)

const PublishWithKey = graphql(`
  mutation TestPublishWithKey($input: EventPublishInput!) {
    eventPublish(input: $input) {
      __typename
      ... on EventPublished { deliveryCount }
    }
  }
`)

const inputs = (count: number) =>
  Array.from({ length: count }, () => ({
    event: 'TODO_CREATED' as const,
    data: todo('Call back'),
  }))

/** Adds destinations to which nothing is sent, because only their number counts here. */
const addInactive = (world: World, count: number) =>
  addDestinations(world, { url: 'http://127.0.0.1:4001/never-sent', count, status: 'INACTIVE' })

test('a call that would make more than 50,000 deliveries is refused before anything is stored', async () => {
  await using world = await createWorld({ worker: false })
  await addInactive(world, 501)
  const { eventPublishMany } = await world.client.request(PublishIssues, { inputs: inputs(100) })
  expect(eventPublishMany).toEqual({
    __typename: 'ValidationError',
    issues: [
      {
        path: [],
        message:
          'This call would make 50100 deliveries; a call can make at most 50000. Publish its events in several calls.',
      },
    ],
  })
  const stored = await world.app.ports.db.query('select from event union all select from delivery')
  expect(stored).toEqual([])
  const { eventPublishMany: accepted } = await world.client.request(PublishEvents, {
    inputs: inputs(2),
  })
  expect(accepted.__typename).toBe('EventsPublished')
})

test('a publication to 1,001 destinations that waits does not delay the publication of another organization', async () => {
  await using world = await createWorld({ worker: false })
  const { client, organizationId } = world
  await addInactive(world, 1_001)
  const other = await world.clientFor('Other')
  await using blocker = await holdKey(world, organizationId, 'held')

  const input = { ...inputs(1)[0]!, idempotencyKey: 'held' }
  const waiting = client.request(PublishWithKey, { input })
  // Its insert waits for the key of the open transaction.
  await expect
    .poll(() =>
      world.app.ports.db.query(`select from pg_stat_activity where wait_event_type = 'Lock'`),
    )
    .toHaveLength(1)
  await publishTodo(other)
  await blocker.release()
  expect(await waiting).toEqual({
    eventPublish: { __typename: 'EventPublished', deliveryCount: 1_001 },
  })
})

/** Holds an idempotency key in an open transaction. */
async function holdKey({ databaseUrl }: World, organizationId: string, key: string) {
  const holder = new pg.Client({ connectionString: databaseUrl })
  await holder.connect()
  await holder.query('begin')
  await holder.query(
    `insert into event (id, organization_id, type, data, relations, timestamp, idempotency_key)
    values ($1, $2, 'todo_created', '{}', '{}', now(), $3)`,
    [newId('evt'), organizationId, key],
  )
  return {
    release: () => holder.query('rollback'),
    [Symbol.asyncDispose]: () => holder.end(),
  }
}
