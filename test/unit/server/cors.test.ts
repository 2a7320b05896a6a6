import { expect, test } from 'vitest'
import { post, startTestServer } from './test-server.ts'

const preflight = (graphql: string, requested?: string) =>
  fetch(graphql, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      ...(requested && { 'access-control-request-headers': requested }),
    },
  })

test('pages of any origin can call the API, without credentials', async () => {
  const { graphql } = await startTestServer()
  const response = await preflight(graphql)
  expect(response.status).toBe(204)
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  expect(response.headers.get('access-control-allow-credentials')).toBeNull()
  const allowed = response.headers.get('access-control-allow-headers')
  expect(allowed).toBe('authorization, content-type, x-organization, x-organization-create')
  const answer = await post(graphql, { query: '{ viewer }' })
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
})

test.each([
  [
    'Apollo Client',
    'apollo-require-preflight,apollographql-client-name,authorization,content-type',
  ],
  ['Sentry', 'authorization,baggage,content-type,sentry-trace'],
  ['Datadog', 'x-datadog-origin,x-datadog-parent-id,x-datadog-sampling-priority'],
  ['W3C tracing', 'traceparent,tracestate'],
  ['graphql-sse', 'x-graphql-event-stream-token'],
  ['an event source', 'authorization,last-event-id'],
])('a preflight allows the headers of %s', async (_, requested) => {
  const { graphql } = await startTestServer()
  const { headers } = await preflight(graphql, requested)
  expect(headers.get('access-control-allow-headers')?.split(', ')).toEqual(requested.split(','))
  expect(headers.get('vary')).toBe('access-control-request-headers')
})

test('a preflight allows nothing that is not the name of a header', async () => {
  const { graphql } = await startTestServer()
  const { headers } = await preflight(graphql, 'x-one, "two", <three>, ,four')
  expect(headers.get('access-control-allow-headers')).toBe('x-one, four')
})
