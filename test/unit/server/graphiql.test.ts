import { expect, test } from 'vitest'
import { findEvent } from '../../../src/domain/events/index.ts'
import { graphiqlExamples } from '../../../src/server/pages/graphiql-examples.ts'
import { startTestServer } from './test-server.ts'

const open = (url: string, path = '/graphql') =>
  fetch(url + path, { headers: { accept: 'text/html' } })

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

test('every example is named, and the one that publishes is a valid event', () => {
  const examples = graphiqlExamples('https://example.com/webhooks')
  for (const { query } of examples)
    expect(query).toMatch(/^(query|mutation|subscription) [A-Z]\w+/m)
  const published = examples.find(({ query }) => query.includes('eventPublish('))
  const { input } = published!.variables as { input: { event: string; data: unknown } }
  const definition = findEvent(input.event.toLowerCase())
  expect(definition?.schema.safeParse(input.data).error).toBeUndefined()
})
