import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { answerOf, KEY, post, startTestServer, VIEWER } from './test-server.ts'

const hashOf = (query: string) => createHash('sha256').update(query).digest('hex')

const persisted = (query: string, hash = hashOf(query)) => ({
  extensions: { persistedQuery: { version: 1, sha256Hash: hash } },
})

const QUERY = '{ viewer }'
const DATA = { data: { viewer: 'org_1' } }
const NOT_FOUND = {
  errors: [
    { message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } },
  ],
}

const get = (url: string, parameters: Record<string, object | string>, authorization = KEY) => {
  const search = new URLSearchParams(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
  return fetch(`${url}?${search}`, { headers: { authorization } })
}

test.each(['application/json', 'application/graphql-response+json'])(
  'a hash that is not known is answered so that clients of %s send the text, once',
  async (accept) => {
    const { graphql } = await startTestServer()
    const ask = (body: object) => post(graphql, body, { authorization: KEY, accept })
    const first = await ask(persisted(QUERY))
    expect(first.status).toBe(200)
    expect(await answerOf(first)).toEqual(NOT_FOUND)
    expect(await answerOf(ask({ query: QUERY, ...persisted(QUERY) }))).toEqual(DATA)
    expect(await answerOf(ask(persisted(QUERY)))).toEqual(DATA)
    expect(await answerOf(ask({ query: '', ...persisted(QUERY) }))).toEqual(DATA)
    const capitals = hashOf(QUERY).toUpperCase()
    expect(await answerOf(ask(persisted(QUERY, capitals)))).toEqual(DATA)
  },
)

test('a GET takes a hash with variables in place of the text', async () => {
  const { graphql } = await startTestServer()
  const query = 'query ($text: String!) { echo(text: $text) }'
  const { extensions } = persisted(query)
  expect(await answerOf(get(graphql, { extensions }))).toEqual(NOT_FOUND)
  await post(graphql, { query, extensions, variables: { text: 'x' } })
  const answer = await get(graphql, { extensions, variables: { text: 'hello' } })
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(await answerOf(answer)).toEqual({ data: { echo: 'hello' } })
})

test('a GET runs no mutation by its hash', async () => {
  const { graphql } = await startTestServer()
  const query = 'mutation { add(number: 1) }'
  const { extensions } = persisted(query)
  expect(await answerOf(post(graphql, { query, extensions }))).toEqual({ data: { add: 2 } })
  expect((await get(graphql, { extensions })).status).toBe(405)
  expect(await answerOf(post(graphql, { extensions }))).toEqual({ data: { add: 2 } })
})

test('a subscription is found by its hash too', async () => {
  const { graphql } = await startTestServer()
  const query = 'subscription { break }'
  const headers = { authorization: KEY, accept: 'text/event-stream' }
  await (await post(graphql, { query, ...persisted(query) }, headers)).text()
  const text = await (await post(graphql, persisted(query), headers)).text()
  expect(text).toContain('data: {"data":{"break":1}}')
})

test.each([
  ['of another text', hashOf('{ other }')],
  ['that is none', 'hash'],
])('a text with a hash %s is refused and not kept', async (_, hash) => {
  const { graphql, world } = await startTestServer()
  const body = { query: QUERY, ...persisted(QUERY, hash) }
  const accept = 'application/graphql-response+json'
  const refused = await post(graphql, body, { authorization: KEY, accept })
  expect(refused.status).toBe(400)
  expect((await answerOf(refused)).errors?.[0]?.message).toContain('must be the SHA-256')
  expect(world.resolved).toBe(0)
})

test.each([
  { version: 2, sha256Hash: hashOf(QUERY) },
  { sha256Hash: hashOf(QUERY) },
  { version: 1 },
  { version: 1, sha256Hash: 7 },
  'nonsense',
])('the extension %j is answered so that clients send texts alone', async (persistedQuery) => {
  const { graphql } = await startTestServer()
  const { errors } = await answerOf(post(graphql, { extensions: { persistedQuery } }))
  expect(errors).toEqual([
    {
      message: 'PersistedQueryNotSupported',
      extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' },
    },
  ])
})

test('a document is stored for the organization that sent it only, and not without a key', async () => {
  const { graphql } = await startTestServer({
    authenticate: async ({ authorization }) => {
      const organizationId = authorization?.replace('Bearer ', '')
      return { viewer: organizationId ? { ...VIEWER, organizationId } : null }
    },
  })
  const as = (organization: string) =>
    organization ? { authorization: `Bearer ${organization}` } : ({} as Record<string, string>)
  const send = (organization: string, body: object) =>
    answerOf(post(graphql, body, as(organization)))
  expect(await send('', { query: QUERY, ...persisted(QUERY) })).toMatchObject({
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  })
  expect(await send('a', persisted(QUERY))).toEqual(NOT_FOUND)
  expect(await send('a', { query: QUERY, ...persisted(QUERY) })).toEqual({ data: { viewer: 'a' } })
  expect(await send('b', persisted(QUERY))).toEqual(NOT_FOUND)
  expect(await send('', persisted(QUERY))).toEqual(NOT_FOUND)
  expect(await send('a', persisted(QUERY))).toEqual({ data: { viewer: 'a' } })
})
