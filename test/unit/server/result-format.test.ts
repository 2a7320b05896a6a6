import { expect, test } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { openConnection, operationRequest, readUntil } from './raw-request.ts'
import { answerOf, KEY, post, startTestServer } from './test-server.ts'

const APOLLO =
  'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9'

const ask = (url: string, query: string, accept: string, authorization = KEY) =>
  post(url, { query }, { authorization, accept })

/** The bodies of a multipart stream as Apollo's client reads them: a part ends with the boundary after it. */
async function* partsOf(response: Response): AsyncGenerator<object> {
  const boundary = /boundary="(\w+)"/.exec(response.headers.get('content-type') ?? '')?.[1]
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = `${text}${chunk}`.split(`\r\n--${boundary}`)
    text = parts.pop()!
    for (const part of parts) if (part !== '') yield JSON.parse(part.split('\r\n\r\n')[1]!)
    if (text === '--\r\n') return
  }
  throw new Error('The stream ended without its last boundary.')
}

test("Apollo's multipart subscription gets what is pushed, and its source ends when it leaves", async () => {
  const { graphql, world } = await startTestServer()
  const response = await ask(graphql, 'subscription { count(to: 2) }', APOLLO)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe(
    'multipart/mixed; boundary="graphql"; subscriptionSpec=1.0',
  )
  const parts = partsOf(response)
  expect((await parts.next()).value).toEqual({ payload: { data: { count: 1 } } })
  expect((await parts.next()).value).toEqual({ payload: { data: { count: 2 } } })
  await parts.return(undefined)
  await eventually(() => expect(world.openStreams).toBe(0))
})

test('a failed multipart subscription emits a masked error and the last boundary', async () => {
  const { graphql } = await startTestServer()
  const response = await ask(graphql, 'subscription { break }', APOLLO)
  const parts = await Array.fromAsync(partsOf(response))
  expect(parts).toMatchObject([
    { payload: { data: { break: 1 } } },
    { payload: { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] } },
  ])
  expect(JSON.stringify(parts)).not.toContain('secret detail')
})

test('a multipart subscription without a key is refused as JSON where the client takes it', async () => {
  const { graphql, world } = await startTestServer()
  const query = 'subscription { count(to: 1) }'
  const refused = await ask(graphql, query, APOLLO, 'Bearer bmk_wrong')
  expect(refused.status).toBe(401)
  expect((await answerOf(refused)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  const only = 'multipart/mixed;subscriptionSpec=1.0'
  const streamed = await ask(graphql, query, only, 'Bearer bmk_wrong')
  expect(await Array.fromAsync(partsOf(streamed))).toMatchObject([
    { payload: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } },
  ])
  expect(world.openStreams).toBe(0)
})

test.each([
  ['text/event-stream', ':\n\n'],
  [APOLLO, '\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql'],
])('a stream of %s that has nothing to say sends heartbeats', async (accept, heartbeat) => {
  const { url } = await startTestServer({ heartbeatInterval: 5 })
  const socket = await openConnection(url)
  socket.write(operationRequest('subscription { count(to: 0) }', { Accept: accept }))
  const text = await readUntil(socket, (read) => read.split(heartbeat).length > 3)
  expect(text).toMatch(/^HTTP\/1\.1 200 /)
})

test.each(['text/event-stream', APOLLO])(
  'no proxy is to hold back, change or compress a stream of %s',
  async (accept) => {
    const { graphql } = await startTestServer()
    const response = await ask(graphql, 'subscription { count(to: 1) }', accept)
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(response.headers.get('content-encoding')).toBeNull()
    await response.body?.cancel()
  },
)

test('a client that takes no stream is refused a subscription with a sentence', async () => {
  const { graphql, world } = await startTestServer()
  const accepts = [
    'application/json',
    'multipart/mixed, application/json',
    'text/event-stream;q=0, application/json',
  ]
  for (const accept of accepts) {
    const response = await ask(graphql, 'subscription { count(to: 1) }', accept)
    expect(response.status).toBe(406)
    expect((await answerOf(response)).errors?.[0]?.message).toContain('Accept: text/event-stream')
  }
  await eventually(() => expect(world.openStreams).toBe(0))
})

test.each(['image/png', 'text/plain', 'application/json;q=0', 'application/json; charset=latin1'])(
  'a request with "Accept: %s" is refused with a sentence before it runs',
  async (accept) => {
    const { graphql, world } = await startTestServer()
    const response = await ask(graphql, '{ viewer }', accept)
    expect(response.status).toBe(406)
    const [error] = (await answerOf(response)).errors ?? []
    expect(error?.message).toContain('application/json')
    expect(error?.extensions.code).toBe('BAD_USER_INPUT')
    expect(world.resolved).toBe(0)
  },
)

test.each([
  ['*/*', 'application/json'],
  ['application/*', 'application/json'],
  ['application/graphql-response+json, application/json', 'application/graphql-response+json'],
  [
    'application/json;q=0.9, application/graphql-response+json',
    'application/graphql-response+json',
  ],
  ['text/event-stream, application/json;q=0.1', 'application/json'],
  [APOLLO, 'application/graphql-response+json'],
])('a query with "Accept: %s" is answered as %s', async (accept, type) => {
  const { graphql } = await startTestServer()
  const response = await ask(graphql, '{ viewer }', accept)
  expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`)
  expect(await answerOf(response)).toEqual({ data: { viewer: 'org_1' } })
})
