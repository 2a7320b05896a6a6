import { expect, test } from 'vitest'
import type { GraphqlClient } from '../../../src/cli/graphql-client.ts'
import {
  DeleteDestination,
  inactiveDestination,
  readDestination,
  SelectEvents,
  UpdateDestination,
} from '../../helpers/destination-operations.ts'
import {
  ActivateDestination,
  activeDestination,
  CreateDestination,
} from '../../helpers/operations.ts'
import { strictPolicy } from '../../helpers/webhook-client.ts'
import { createWorld } from '../../helpers/world.ts'

const url = 'https://hooks.example.com/bigmind'

/** Returns the refused fields of a response. */
async function refusedPaths(client: GraphqlClient, input: { name: string; url?: string }) {
  const { destinationCreate } = await client.request(CreateDestination, { input })
  if (destinationCreate.__typename !== 'ValidationError') return destinationCreate.__typename
  return destinationCreate.issues.map(({ path }) => path.join('.'))
}

test('an activation that is refused lists everything that is missing, and changes nothing', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const id = await inactiveDestination(client)
  const activation = async () =>
    (await client.request(ActivateDestination, { id })).destinationActivate
  const notReady = (...missing: string[]) => ({ __typename: 'DestinationNotReadyError', missing })

  expect(await activation()).toMatchObject(notReady('URL', 'EVENTS'))
  await client.request(UpdateDestination, { id, input: { url } })
  expect(await activation()).toMatchObject(notReady('EVENTS'))
  await client.request(UpdateDestination, { id, input: { url: null, events: ['TODO_CREATED'] } })
  expect(await activation()).toMatchObject(notReady('URL'))
  expect(await readDestination(client, id)).toMatchObject({ status: 'INACTIVE' })
  await client.request(UpdateDestination, { id, input: { url } })
  expect(await activation()).toMatchObject({ __typename: 'Destination', status: 'ACTIVE' })
})

test('an ACTIVE destination keeps a URL and at least one event, and a refused change changes nothing', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const { id } = await activeDestination(client, { url })
  const before = await readDestination(client, id)
  const update = async (input: { name?: string; url?: null; events?: [] }) =>
    (await client.request(UpdateDestination, { id, input })).destinationUpdate
  const notReady = (...missing: string[]) => ({ __typename: 'DestinationNotReadyError', missing })

  expect(await update({ name: 'New', url: null })).toMatchObject(notReady('URL'))
  expect(await update({ name: 'New', events: [] })).toMatchObject(notReady('EVENTS'))
  expect(await update({ url: null, events: [] })).toMatchObject(notReady('URL', 'EVENTS'))
  const { destinationSelectEvents } = await client.request(SelectEvents, { id, events: [] })
  expect(destinationSelectEvents).toMatchObject(notReady('EVENTS'))
  expect(await readDestination(client, id)).toEqual(before)
})

test('saving equal settings changes nothing, including updatedAt', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const { id } = await activeDestination(client, { url })
  const before = await readDestination(client, id)
  const { destinationUpdate } = await client.request(UpdateDestination, {
    id,
    input: { name: ` ${before.name} `, url, events: ['TODO_CREATED', 'TODO_CREATED'] },
  })
  expect(destinationUpdate).toMatchObject({ __typename: 'Destination', id })
  expect(await readDestination(client, id)).toEqual(before)
})

test('event types are stored in the order of the catalogue and without repetition', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const id = await inactiveDestination(client)
  const { destinationSelectEvents } = await client.request(SelectEvents, {
    id,
    events: ['TODO_CREATED', 'SUMMARY_CREATED', 'TODO_CREATED'],
  })
  expect(destinationSelectEvents).toMatchObject({ events: ['SUMMARY_CREATED', 'TODO_CREATED'] })
})

const refusedUrls = [
  'http://hooks.example.com/',
  'https://localhost/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://[::1]:8443/',
  'https://10.1.2.3/hook',
  'https://169.254.169.254/latest/meta-data',
  'https://[::ffff:192.168.0.1]/',
  'https://receiver.internal/',
  'https://user:password@hooks.example.com/',
  'ftp://hooks.example.com/',
  'hooks.example.com',
]

test('a URL without TLS or to an address that is not public is refused, and a destination keeps the one it has', async () => {
  await using world = await createWorld({ worker: false, addressPolicy: strictPolicy })
  const { client } = world
  const id = await inactiveDestination(client, url)
  for (const bad of refusedUrls) {
    expect(await refusedPaths(client, { name: 'Receiver', url: bad }), bad).toEqual(['url'])
    const { destinationUpdate } = await client.request(UpdateDestination, {
      id,
      input: { name: 'New', url: bad },
    })
    expect(destinationUpdate.__typename, bad).toBe('ValidationError')
  }
  expect(await readDestination(client, id)).toMatchObject({ name: 'Receiver', url })
})

test('a name has 1 to 255 characters, without the blanks around it', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  for (const name of ['', ' \t\n ', 'x'.repeat(256), 'with\u0000NUL']) {
    expect(await refusedPaths(client, { name, url })).toEqual(['name'])
  }
  const name = 'é'.repeat(255)
  const { destinationCreate } = await client.request(CreateDestination, {
    input: { name: `  ${name} ` },
  })
  expect(destinationCreate).toMatchObject({ __typename: 'Destination', name, status: 'INACTIVE' })
})

test('all invalid settings are reported together', async () => {
  await using world = await createWorld({ worker: false })
  const paths = await refusedPaths(world.client, { name: '', url: 'ftp://example.com' })
  expect(paths).toEqual(['name', 'url'])
})

test('a destination of another organization is not found', async () => {
  await using world = await createWorld({ worker: false })
  const { id } = await activeDestination(world.client, { url })
  const stranger = await world.clientFor('Stranger')
  const answers = [
    (await stranger.request(UpdateDestination, { id, input: { name: 'Mine' } })).destinationUpdate,
    (await stranger.request(SelectEvents, { id, events: [] })).destinationSelectEvents,
    (await stranger.request(ActivateDestination, { id })).destinationActivate,
    (await stranger.request(DeleteDestination, { id })).destinationDelete,
  ]
  for (const { __typename } of answers) expect(__typename).toBe('NotFoundError')
  expect(await readDestination(world.client, id)).toMatchObject({ name: 'Receiver' })
})
