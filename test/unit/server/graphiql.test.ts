import { request } from 'node:http'
import { expect, test } from 'vitest'
import { findEvent } from '../../../src/domain/events/index.ts'
import { graphiqlExamples } from '../../../src/server/pages/graphiql-examples.ts'
import { startTestServer } from './test-server.ts'

const LOCAL_KEY = 'bmk_local'

const open = (url: string, path = '/graphql') =>
  fetch(url + path, { headers: { accept: 'text/html' } })

/** Sends a GET with any Host header. */
function bodyFor(url: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { headers: { accept: 'text/html', ...headers } }
    request(`${url}/graphql`, options, async (response) => {
      resolve((await response.setEncoding('utf8').toArray()).join(''))
    })
      .on('error', reject)
      .end()
  })
}

test('the page loads files of this service only', async () => {
  const { url } = await startTestServer()
  const page = await (await open(url)).text()
  const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source!)
  expect(sources).toHaveLength(3)
  for (const source of sources) expect(source).toMatch(/^(data:|\/graphql\/)/)
  for (const source of sources.filter((one) => one.startsWith('/'))) {
    const file = await open(url, source)
    expect(file.status).toBe(200)
    expect(file.headers.get('cache-control')).toContain('immutable')
    expect((await file.text()).length).toBeGreaterThan(10_000)
  }
})

test('the page runs no other scripts, and cannot be framed or read', async () => {
  const { headers } = await open((await startTestServer()).url)
  const policy = headers.get('content-security-policy')
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("connect-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(headers.get('access-control-allow-origin')).toBeNull()
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  expect(headers.get('cache-control')).toBe('no-store')
})

test.each(['localhost:4000', '127.0.0.1', '[::1]:4000', 'LOCALHOST'])(
  'the local key is filled in for a browser on this machine that asks for %s',
  async (host) => {
    const { url } = await startTestServer({ graphiql: { localKey: LOCAL_KEY } })
    expect(await bodyFor(url, { host })).toContain(LOCAL_KEY)
  },
)

test.each([
  { host: 'webhooks.example.com' },
  { host: 'localhost.example.com' },
  { host: '127.0.0.1.nip.io:4000' },
  { host: 'localhost', 'x-forwarded-for': '203.0.113.9' },
])('the local key is not shown to a request with %j', async (headers) => {
  const { url } = await startTestServer({ graphiql: { localKey: LOCAL_KEY } })
  const page = await bodyFor(url, headers as unknown as Record<string, string>)
  expect(page).not.toContain(LOCAL_KEY)
  expect(page).toContain('bmk_…')
})

test('every example is named, and the one that publishes is a valid event', () => {
  const examples = graphiqlExamples('https://example.com/webhooks')
  for (const { query } of examples)
    expect(query).toMatch(/^(query|mutation|subscription) [A-Z]\w+/m)
  const published = examples.find(({ query }) => query.includes('eventPublish('))
  const { input } = published!.variables as { input: { event: string; data: unknown } }
  const definition = findEvent(input.event.toLowerCase())
  expect(definition?.schema.safeParse(input.data).error).toBeUndefined()
})
