import { createClient } from 'graphql-sse'
import { expect, onTestFinished, test, vi } from 'vitest'
import { answerOf, KEY, post, startTestServer, VIEWER } from './test-server.ts'

const TOKEN = 'x-graphql-event-stream-token'

function connect(url: string, authorization = KEY) {
  const client = createClient({
    url,
    singleConnection: true,
    headers: { authorization },
    retryAttempts: 0,
  })
  onTestFinished(() => client.dispose())
  return client
}

/** The mode without the help of a client. */
async function openStream(url: string, authorization = KEY) {
  const headers = { authorization }
  const reserved = await fetch(url, { method: 'PUT', headers })
  expect(reserved.status).toBe(201)
  const token = await reserved.text()
  const stream = await fetch(`${url}?token=${token}`, { headers: { accept: 'text/event-stream' } })
  expect(stream.status).toBe(200)
  onTestFinished(() => stream.body?.cancel().catch(() => {}))
  return {
    token,
    stream,
    events: eventsOf(stream),
    begin: (id: unknown, query: string, key = authorization) =>
      post(url, { query, extensions: { operationId: id } }, { authorization: key, [TOKEN]: token }),
    complete: (id: string, key = authorization) =>
      fetch(`${url}?operationId=${id}`, {
        method: 'DELETE',
        headers: { authorization: key, [TOKEN]: token },
      }),
  }
}

async function* eventsOf(response: Response) {
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = `${text}${chunk}`.split('\n\n')
    text = blocks.pop()!
    for (const block of blocks) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? []
      if (name) yield { name, ...JSON.parse(data!) }
    }
  }
}

test.each(['/graphql/stream', '/graphql'])(
  "graphql-sse's client subscribes, queries and mutates over one connection to %s",
  async (path) => {
    const { url, world } = await startTestServer()
    const client = connect(`${url}${path}`)
    const events = client.iterate({ query: 'subscription { count(to: 2) }' })
    expect((await events.next()).value).toEqual({ data: { count: 1 } })
    expect((await events.next()).value).toEqual({ data: { count: 2 } })
    const query = await client.iterate({ query: '{ viewer }' }).next()
    expect(query.value).toEqual({ data: { viewer: 'org_1' } })
    const mutation = client.iterate({ query: 'mutation { add(number: 1) }' })
    expect(await Array.fromAsync(mutation)).toEqual([{ data: { add: 2 } }])
    await events.return?.()
    await expect.poll(() => world.openStreams).toBe(0)
  },
)

test('a refused or failed operation has a result with masked errors', async () => {
  const { graphql } = await startTestServer()
  const client = connect(graphql)
  const errorsOf = async (query: string) =>
    JSON.stringify(await Array.fromAsync(client.iterate({ query })))
  expect(await errorsOf('{ nothing }')).toContain('GRAPHQL_VALIDATION_FAILED')
  expect(await errorsOf('{ viewer')).toContain('GRAPHQL_VALIDATION_FAILED')
  for (const query of ['{ fail }', 'subscription { break }']) {
    const errors = await errorsOf(query)
    expect(errors).toContain('INTERNAL_SERVER_ERROR')
    expect(errors).not.toContain('secret detail')
  }
})

test('without a key nothing is reserved', async () => {
  const { graphql } = await startTestServer()
  const refused = await fetch(graphql, { method: 'PUT' })
  expect(refused.status).toBe(401)
  expect((await answerOf(refused)).errors?.[0]?.message).toContain('Authorization: Bearer')
})

test('the stream ends with its key, and its operations say why', async () => {
  const { graphql, world } = await startTestServer()
  const { begin, events } = await openStream(graphql)
  await begin('1', 'subscription { count(to: 1) }')
  await events.next()
  world.keys.clear()
  expect((await events.next()).value).toMatchObject({
    id: '1',
    payload: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
  })
  expect((await events.next()).value).toEqual({ name: 'complete', id: '1' })
  expect((await events.next()).done).toBe(true)
  await expect.poll(() => world.openStreams).toBe(0)
})

test('its sources end with the connection', async () => {
  const { graphql, world } = await startTestServer()
  const { begin, events } = await openStream(graphql)
  await begin('1', 'subscription { count(to: 1) }')
  await begin('2', 'subscription { count(to: 1) }')
  await events.next()
  await expect.poll(() => world.openStreams).toBe(2)
  await events.return(undefined)
  await expect.poll(() => world.openStreams).toBe(0)
  expect((await begin('3', '{ viewer }')).status).toBe(404)
})

test('the id of a completed operation can be reused at once', async () => {
  const { graphql } = await startTestServer()
  const { begin, complete, events } = await openStream(graphql)
  await begin('1', 'subscription { count(to: 1) }')
  expect((await events.next()).value.payload).toEqual({ data: { count: 1 } })
  expect((await begin('1', '{ viewer }')).status).toBe(409)
  expect((await complete('1')).status).toBe(200)
  expect((await begin('1', '{ viewer }')).status).toBe(202)
  expect((await events.next()).value).toMatchObject({ payload: { data: { viewer: 'org_1' } } })
  expect((await events.next()).value).toEqual({ name: 'complete', id: '1' })
})

test('only the caller that reserved a stream can use it, and it opens once', async () => {
  const { graphql } = await startTestServer({
    authenticate: async ({ authorization }) => ({
      viewer: authorization ? { ...VIEWER, apiKeyId: authorization } : null,
    }),
  })
  const { begin, complete, token } = await openStream(graphql, 'Bearer a')
  expect((await begin('1', '{ viewer }', 'Bearer b')).status).toBe(404)
  expect((await complete('1', 'Bearer b')).status).toBe(404)
  expect((await fetch(`${graphql}?token=${token}`)).status).toBe(409)
  expect((await begin('1', '{ viewer }')).status).toBe(202)
})

test.each([undefined, '', 7, 'x'.repeat(201)])('the operation id %j is refused', async (id) => {
  const { graphql } = await startTestServer()
  const { begin } = await openStream(graphql)
  const refused = await begin(id, '{ viewer }')
  expect(refused.status).toBe(400)
  expect((await answerOf(refused)).errors?.[0]?.message).toContain('operationId')
})

test('a stream that does not exist is refused with what to do', async () => {
  const { graphql } = await startTestServer()
  for (const init of [
    { method: 'GET' },
    { method: 'DELETE' },
    { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } },
  ]) {
    const headers = { ...init.headers, authorization: KEY, [TOKEN]: 'unknown' }
    const refused = await fetch(graphql, { ...init, headers })
    expect(refused.status).toBe(404)
    expect((await answerOf(refused)).errors?.[0]?.message).toContain('PUT')
  }
})

test('a reserved stream takes a slot, like an open one', async () => {
  const connectionLimits = { process: 10, organization: 10, caller: 1 }
  const { graphql } = await startTestServer({ connectionLimits })
  const { stream } = await openStream(graphql)
  const put = () => fetch(graphql, { method: 'PUT', headers: { authorization: KEY } })
  const refused = await put()
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('10')
  await stream.body?.cancel()
  await expect.poll(async () => (await put()).status).toBe(201)
})

test('the 21st operation is refused, also when those before were completed and still run', async () => {
  const { graphql, world } = await startTestServer()
  const { begin, complete, events } = await openStream(graphql)
  for (let id = 0; id < 20; id++) {
    await begin(`${id}`, '{ slow }')
    await complete(`${id}`)
  }
  await begin('one more', '{ viewer }')
  expect((await events.next()).value).toMatchObject({
    id: 'one more',
    payload: { errors: [{ extensions: { code: 'RATE_LIMITED' } }] },
  })
  world.finish.resolve()
})

test('20 operations can wait for a stream that is not open, and run when it is', async () => {
  const { graphql } = await startTestServer()
  const headers = { authorization: KEY }
  const token = await (await fetch(graphql, { method: 'PUT', headers })).text()
  const begin = (id: number) =>
    post(
      graphql,
      { query: '{ viewer }', extensions: { operationId: `${id}` } },
      { ...headers, [TOKEN]: token },
    )
  for (let id = 0; id < 20; id++) expect((await begin(id)).status).toBe(202)
  const refused = await begin(20)
  expect(refused.status).toBe(429)
  expect((await answerOf(refused)).errors?.[0]?.message).toContain('GET')

  const events = eventsOf(await fetch(`${graphql}?token=${token}`))
  const completed: string[] = []
  while (completed.length < 20) {
    const { value } = await events.next()
    if (value.name === 'complete') completed.push(value.id)
  }
  await events.return(undefined)
})

test('a source is not pulled for a client that does not read', async () => {
  const { graphql, world } = await startTestServer()
  const { begin } = await openStream(graphql)
  await begin('1', 'subscription { flood }')
  let before = -1
  await vi.waitFor(
    () => {
      const now = world.pulled
      const still = now > 0 && now === before
      before = now
      expect(still).toBe(true)
    },
    { interval: 300, timeout: 20_000 },
  )
  expect(world.pulled).toBeLessThan(1_000)
})
