import { once } from 'node:events'
import { type Client, createClient } from 'graphql-ws'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../../helpers/eventually.ts'
import { KEY, startTestServer } from './test-server.ts'

const addressOf = (url: string) => url.replace('http', 'ws')

function connect(url: string, authorization: string | undefined = KEY): Client {
  const client = createClient({
    url: addressOf(url),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    onNonLazyError: () => {},
    connectionParams: { authorization },
  })
  onTestFinished(() => client.dispose())
  return client
}

/** A socket without the client's help, for what a well-behaved client does not do. */
async function connectRaw(url: string, protocol = 'graphql-transport-ws') {
  const socket = new WebSocket(addressOf(url), protocol)
  socket.on('error', () => {})
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  const send = (message: object) => socket.send(JSON.stringify(message))
  return {
    socket,
    send,
    closed: async () => ((await once(socket, 'close')) as [number])[0],
    acknowledged: async () => {
      send({ type: 'connection_init', payload: { authorization: KEY } })
      await once(socket, 'message')
    },
  }
}

test('a subscription gets what is pushed, and its source ends with it', async () => {
  const { graphql, world } = await startTestServer()
  const events = connect(graphql).iterate({ query: 'subscription { count(to: 2) }' })
  expect((await events.next()).value).toEqual({ data: { count: 1 } })
  expect((await events.next()).value).toEqual({ data: { count: 2 } })
  expect(world.openStreams).toBe(1)
  await events.return?.()
  await eventually(() => expect(world.openStreams).toBe(0))
})

test('queries and mutations run over the socket too', async () => {
  const { graphql } = await startTestServer()
  const client = connect(graphql)
  const query = await client.iterate({ query: '{ viewer }' }).next()
  expect(query.value).toEqual({ data: { viewer: 'org_1' } })
  const mutation = await client.iterate({ query: 'mutation { add(number: 1) }' }).next()
  expect(mutation.value).toEqual({ data: { add: 2 } })
})

test('an error of a resolver on a WebSocket is masked and contains the request id of the log', async () => {
  const { graphql, world } = await startTestServer()
  const { value } = await connect(graphql).iterate({ query: '{ fail }' }).next()
  expect(JSON.stringify(value)).not.toContain('secret detail')
  const [logged] = world.log as { requestId: string }[]
  expect(value).toMatchObject({
    errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: logged?.requestId } }],
  })
})

test('an error of the source of a subscription is masked and ends the operation', async () => {
  const { graphql, world } = await startTestServer()
  const events = connect(graphql).iterate({ query: 'subscription { break }' })
  expect((await events.next()).value).toEqual({ data: { break: 1 } })
  const failure = await events.next().catch((error: unknown) => error)
  expect(JSON.stringify(failure)).toContain('INTERNAL_SERVER_ERROR')
  expect(JSON.stringify(failure)).not.toContain('secret detail')
  expect(world.log).toHaveLength(1)
})

test.each([
  ['{ viewer', 'GRAPHQL_VALIDATION_FAILED'],
  ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
])('the query "%s" is refused, and the socket stays open', async (query, code) => {
  const { graphql } = await startTestServer()
  const client = connect(graphql)
  const failure = await client
    .iterate({ query })
    .next()
    .catch((error: unknown) => error)
  expect(failure).toMatchObject([{ extensions: { code } }])
  const { value } = await client.iterate({ query: '{ viewer }' }).next()
  expect(value).toEqual({ data: { viewer: 'org_1' } })
})

test('the 21st operation on a socket is refused with a sentence that names the cap', async () => {
  const { graphql } = await startTestServer()
  const client = connect(graphql)
  const query = 'subscription { count(to: 1) }'
  await Promise.all(Array.from({ length: 20 }, () => client.iterate({ query }).next()))
  const refused = await client
    .iterate({ query })
    .next()
    .catch((error: unknown) => error)
  expect(refused).toMatchObject([
    { message: expect.stringContaining('20'), extensions: { code: 'RATE_LIMITED' } },
  ])
})

test('an operation before the handshake is closed with 4401', async () => {
  const { graphql } = await startTestServer()
  const { closed, send } = await connectRaw(graphql)
  send({ type: 'subscribe', id: '1', payload: { query: '{ viewer }' } })
  expect(await closed()).toBe(4401)
})

test('a second handshake is closed with 4429', async () => {
  const { graphql } = await startTestServer()
  const { acknowledged, closed, send } = await connectRaw(graphql)
  await acknowledged()
  send({ type: 'connection_init' })
  expect(await closed()).toBe(4429)
})

test('a used operation id is closed with 4409', async () => {
  const { graphql } = await startTestServer()
  const { acknowledged, closed, send } = await connectRaw(graphql)
  await acknowledged()
  const message = {
    type: 'subscribe',
    id: '1',
    payload: { query: 'subscription { count(to: 0) }' },
  }
  send(message)
  send(message)
  expect(await closed()).toBe(4409)
})

test('a message that is no message is closed with 4400', async () => {
  const { graphql } = await startTestServer()
  const { closed, socket } = await connectRaw(graphql)
  socket.send('hello')
  expect(await closed()).toBe(4400)
})

test('a message over 1 MB is closed with 1009', async () => {
  const { graphql } = await startTestServer()
  const { closed, socket } = await connectRaw(graphql)
  socket.send('x'.repeat(1_000_001))
  expect(await closed()).toBe(1009)
})

test('a source is not pulled for a client that does not read', async () => {
  const { graphql, world } = await startTestServer()
  const { acknowledged, send, socket } = await connectRaw(graphql)
  await acknowledged()
  socket.pause()
  send({ type: 'subscribe', id: '1', payload: { query: 'subscription { flood }' } })
  // The kernel buffers a few megabytes on both sides: about a hundred items, then the source is no longer pulled.
  let before = -1
  await vi.waitFor(
    () => {
      const now = world.pulled
      const still = now > 0 && now === before
      before = now
      expect(still).toBe(true)
    },
    { interval: 300, timeout: 10_000 },
  )
  expect(world.pulled).toBeLessThan(1_000)
  socket.terminate()
  await eventually(() => expect(world.openStreams).toBe(0))
})
