import { createClient as createStreamClient } from 'graphql-sse'
import { createClient as createSocketClient } from 'graphql-ws'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { KEY, post, startTestServer } from './test-server.ts'

/** The operation names that clients send for an operation without a name. */
const UNNAMED = { operationName: '' }
const QUERY = { query: '{ viewer }', ...UNNAMED }
const SUBSCRIPTION = { query: 'subscription { count(to: 1) }', ...UNNAMED }

type Operation = typeof QUERY

/** Sends one operation and returns its first result. */
const TRANSPORTS: [string, (url: string, operation: Operation) => Promise<unknown>][] = [
  [
    'a WebSocket',
    (url, operation) => {
      const client = createSocketClient({
        url: url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        connectionParams: { authorization: KEY },
      })
      onTestFinished(() => void client.dispose())
      return firstOf(client.iterate(operation))
    },
  ],
  ...[true, false].map((singleConnection): (typeof TRANSPORTS)[number] => [
    singleConnection ? 'a single event stream' : 'an event stream of its own',
    (url, operation) => {
      const headers = { authorization: KEY }
      const client = createStreamClient({ url, singleConnection, headers, retryAttempts: 0 })
      onTestFinished(() => client.dispose())
      return firstOf(client.iterate(operation))
    },
  ]),
]

async function firstOf(results: AsyncIterator<unknown>): Promise<unknown> {
  const { value } = await results.next()
  await results.return?.()
  return value
}

test.each(TRANSPORTS)('an empty operation name counts as none over %s', async (_name, send) => {
  const { graphql } = await startTestServer()
  expect(await send(graphql, QUERY)).toEqual({ data: { viewer: 'org_1' } })
  expect(await send(graphql, SUBSCRIPTION)).toEqual({ data: { count: 1 } })
})

test('an empty operation name counts as none in POST and GET', async () => {
  const { graphql } = await startTestServer()
  const posted = await post(graphql, QUERY)
  const got = await fetch(`${graphql}?${new URLSearchParams(QUERY)}`, {
    headers: { authorization: KEY },
  })
  for (const response of [posted, got]) {
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ data: { viewer: 'org_1' } })
  }
})

test('an empty operation name does not choose one of several operations', async () => {
  const { graphql } = await startTestServer()
  const query = 'query One { viewer } query Two { viewer }'
  const response = await post(graphql, { query, ...UNNAMED })
  expect(response.status).toBe(400)
})
