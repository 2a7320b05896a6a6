import { request } from 'node:http'
import { getIntrospectionQuery } from 'graphql'
import { expect, test } from 'vitest'
import { answerOf, KEY, post, startTestServer } from './test-server.ts'

test('a query with a key is answered, and the answer names its request', async () => {
  const { graphql } = await startTestServer()
  const response = await post(graphql, { query: '{ viewer }' })
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  expect(await answerOf(response)).toEqual({ data: { viewer: 'org_1' } })
})

test('a request id of the client is ignored', async () => {
  const { graphql } = await startTestServer()
  const response = await post(
    graphql,
    { query: '{ viewer }' },
    { authorization: KEY, 'x-request-id': 'mine' },
  )
  expect(response.headers.get('x-request-id')).not.toBe('mine')
})

test.each([{}, { authorization: 'Bearer bmk_wrong' }, { authorization: 'bmk_valid' }])(
  'an operation with the headers %j is refused with a message that explains how to send a key',
  async (headers) => {
    const { graphql, world } = await startTestServer()
    const response = await post(graphql, { query: '{ viewer }' }, headers as Record<string, string>)
    const { errors } = await answerOf(response)
    expect(errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' })
    expect(errors?.[0]?.message).toContain('Authorization: Bearer bmk_')
    expect(world.resolved).toBe(0)
  },
)

test('a refusal without a key has the status 401 for clients of the newer media type', async () => {
  const { graphql } = await startTestServer()
  const accept = 'application/graphql-response+json'
  const response = await post(graphql, { query: '{ viewer }' }, { accept })
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toBe('Bearer')
})

test('the schema can be read without a key', async () => {
  const { graphql } = await startTestServer()
  const { data, errors } = await answerOf(post(graphql, { query: getIntrospectionQuery() }, {}))
  expect(errors).toBeUndefined()
  expect(data).toHaveProperty('__schema')
})

test('introspection beside another root field requires a key', async () => {
  const { graphql } = await startTestServer()
  const { errors } = await answerOf(post(graphql, { query: '{ __typename viewer }' }, {}))
  expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
})

test.each([
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'application/graphql',
])('a POST of %s is refused with 415', async (type) => {
  const { graphql } = await startTestServer()
  const body = 'query=mutation{add(number:1)}'
  const headers = { authorization: KEY, 'content-type': type }
  const response = await fetch(graphql, { method: 'POST', headers, body })
  expect(response.status).toBe(415)
  expect((await answerOf(response)).errors?.[0]?.message).toContain('application/json')
})

test('GET runs queries and no mutations', async () => {
  const { graphql } = await startTestServer()
  const get = (query: string) =>
    fetch(`${graphql}?query=${encodeURIComponent(query)}`, { headers: { authorization: KEY } })
  expect(await answerOf(get('{ viewer }'))).toEqual({ data: { viewer: 'org_1' } })
  expect((await get('mutation { add(number: 1) }')).status).toBe(405)
})

test('variables in a GET that are not JSON are refused with 400', async () => {
  const { graphql } = await startTestServer()
  const response = await fetch(`${graphql}?query={viewer}&variables=nonsense`)
  expect(response.status).toBe(400)
  expect((await answerOf(response)).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
})

test.each(['', '{', 'null', '7', '{}', '[{"query":"{ viewer }"}]'])(
  'the body %j is refused with 400',
  async (body) => {
    const { graphql } = await startTestServer()
    const headers = { authorization: KEY, 'content-type': 'application/json' }
    const response = await fetch(graphql, { method: 'POST', headers, body })
    expect(response.status).toBe(400)
    expect((await answerOf(response)).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
  },
)

test('a body of 1 MB is read, and a larger one is refused with 413 on a connection that stays open', async () => {
  const { graphql } = await startTestServer()
  const send = (size: number) =>
    post(graphql, { query: '{ viewer }', variables: { text: 'x'.repeat(size) } })
  expect((await send(999_000)).status).toBe(200)
  expect((await send(1_000_000)).status).toBe(413)
  expect((await send(10)).status).toBe(200)
})

test('a body without a stated length is cut off at 1 MB too', async () => {
  const { graphql } = await startTestServer()
  const status = await new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
    const sending = request(graphql, { method: 'POST', headers }, (response) => {
      resolve(response.statusCode)
      sending.destroy()
    })
    sending.on('error', reject)
    for (let i = 0; i < 20; i++) sending.write('x'.repeat(100_000))
  })
  expect(status).toBe(413)
})

test('an error of a resolver is masked and contains the request id of the log', async () => {
  const { graphql, world } = await startTestServer()
  const response = await post(graphql, { query: '{ fail }' })
  const text = await response.text()
  expect(text).not.toContain('secret detail')
  expect(text).toContain('INTERNAL_SERVER_ERROR')
  expect(world.log).toMatchObject([{ requestId: response.headers.get('x-request-id') }])
})

test('an unavailable database during authentication is an internal error', async () => {
  const { graphql } = await startTestServer({
    authenticate: () => Promise.reject(new Error('secret detail')),
  })
  const response = await post(graphql, { query: '{ viewer }' })
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('secret detail')
})

test.each([
  ['{ viewer', 'GRAPHQL_VALIDATION_FAILED'],
  ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
  ['query ($text: String!) { echo(text: $text) }', 'BAD_USER_INPUT'],
])('the query "%s" is refused with the code %s', async (query, code) => {
  const { graphql } = await startTestServer()
  const { errors } = await answerOf(post(graphql, { query }))
  expect(errors?.[0]?.extensions.code).toBe(code)
})

test('a page of another origin can read a refusal, and when to try again', async () => {
  const { graphql } = await startTestServer({ mutationLimits: { manage: 1, publish: 1 } })
  const add = { query: 'mutation { add(number: 1) }' }
  const accept = 'application/graphql-response+json'
  await post(graphql, add)
  const refusals = await Promise.all([
    post(graphql, { query: '{ viewer }' }, { accept }),
    post(graphql, { query: 'x'.repeat(1_000_000) }),
    post(graphql, add, { authorization: KEY, 'content-type': 'text/plain' }),
    post(graphql, add, { authorization: KEY, accept }),
  ])
  expect(refusals.map(({ status }) => status)).toEqual([401, 413, 415, 429])
  expect(Number(refusals[3]!.headers.get('retry-after'))).toBeGreaterThan(0)
  for (const { headers } of refusals) {
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-expose-headers')).toBe('retry-after, x-request-id')
  }
})

test('an unknown path gets 404 with the path of the API', async () => {
  const { url } = await startTestServer()
  const response = await fetch(`${url}/graphq`)
  expect(response.status).toBe(404)
  expect((await answerOf(response)).errors?.[0]?.message).toContain('/graphql')
})

test('a running server is live, and ready if all checks pass', async () => {
  const { url, world } = await startTestServer()
  expect(await (await fetch(`${url}/health/live`)).text()).toBe('ok')
  expect((await fetch(`${url}/health/ready`)).status).toBe(200)
  world.ready = false
  expect((await fetch(`${url}/health/ready`)).status).toBe(503)
})

test.each(['/graphql/stream', 'https://example.com/?token=1', 'https://example.com/?a=1'])(
  'the text %s arrives in the variables of a GET as it was sent',
  async (text) => {
    const { graphql } = await startTestServer()
    const query = encodeURIComponent('query ($text: String!) { echo(text: $text) }')
    // A query string may contain "/" and "?" as they are.
    const variables = `%7B%22text%22:%22${text}%22%7D`
    const response = await fetch(`${graphql}?query=${query}&variables=${variables}`, {
      headers: { authorization: KEY },
    })
    expect(await answerOf(response)).toEqual({ data: { echo: text } })
  },
)
