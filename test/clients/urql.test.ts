import {
  Client,
  type Exchange,
  type ExecutionResult,
  fetchExchange,
  type RequestPolicy,
  subscriptionExchange,
} from '@urql/core'
import { type CacheExchangeOpts, cacheExchange } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'
import { introspectionFromSchema, OperationTypeNode } from 'graphql'
import { createClient as createSocket } from 'graphql-ws'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { ApiClient, Connection } from './client.ts'
import { errorOf } from './client.ts'
import {
  CreateDestination,
  Destinations,
  operationOf,
  schema,
  UpdateDestination,
} from './operations.ts'
import { testClient } from './test-client.ts'

interface Urql extends ApiClient {
  urql: Client
}

/** Named in an operation's context: makes the variables at each beginning of a subscription. */
type ResumeContext = { currentVariables?: () => object }

function createUrql(
  { url, apiKey }: Pick<Connection, 'url' | 'apiKey'>,
  { exchange, resolvers = {} }: { exchange?: Exchange; resolvers?: CacheExchangeOpts['resolvers'] },
): Client {
  const cache = cacheExchange({
    schema: introspectionFromSchema(schema),
    keys: { Viewer: () => null },
    resolvers,
  })
  return new Client({
    url: `${url}/graphql`,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization: `Bearer ${apiKey}` } },
    exchanges: [cache, ...(exchange ? [exchange] : []), fetchExchange],
    fetchSubscriptions: !exchange,
    requestPolicy: 'network-only',
  })
}

const request =
  (urql: Client): ApiClient['request'] =>
  async (document, variables) => {
    const { data, error } =
      operationOf(document) === OperationTypeNode.MUTATION
        ? await urql.mutation(document, variables as never)
        : await urql.query(document, variables as never)
    if (error) throw error
    return data as never
  }

/** Queries over HTTP, subscriptions over a WebSocket. */
function connectWithSocket(connection: Connection): Urql {
  const socket = createSocket({
    url: `${connection.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${connection.apiKey}` },
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: connection.networkIsBack,
  })
  const exchange = subscriptionExchange({
    forwardSubscription: ({ query }, { context, variables }) => ({
      subscribe: (sink) => ({
        unsubscribe: socket.subscribe(
          {
            query: query!,
            // Read at each beginning, when the message is written.
            get variables() {
              return ((context as ResumeContext).currentVariables?.() ?? variables) as never
            },
          },
          {
            next: (result) => sink.next(result as ExecutionResult),
            error: (error) => sink.error(errorOf(error)),
            complete: sink.complete,
          },
        ),
      }),
    }),
  })
  const urql = createUrql(connection, { exchange })
  return {
    urql,
    request: request(urql),
    follow(document, variables, observer) {
      const context = { currentVariables: variables } as object
      const { unsubscribe } = urql
        .subscription(document, variables() as never, context)
        .subscribe(({ data, error }) =>
          error ? observer.error(error) : observer.next(data as never),
        )
      return unsubscribe
    },
    close: async () => socket.dispose(),
  }
}

/** All over HTTP: subscriptions come as event streams, and begin again by the application. */
function connectOverHttp(connection: Connection): Urql {
  const urql = createUrql(connection, {})
  return {
    urql,
    request: request(urql),
    follow(document, variables, observer) {
      let stop = () => {}
      let stopped = false
      const begin = () => {
        const subscription = urql
          .subscription(document, variables() as never)
          .subscribe(({ data, error, hasNext }) => {
            if (error && !error.networkError) observer.error(error)
            else if (data && !error) observer.next(data as never)
            if (error?.networkError || (!hasNext && !error)) void beginAgain()
          })
        stop = subscription.unsubscribe
      }
      const beginAgain = async () => {
        stop()
        await connection.networkIsBack()
        if (!stopped) begin()
      }
      begin()
      return () => {
        stopped = true
        stop()
      }
    },
    close() {},
  }
}

describe('urql over a WebSocket', () => {
  const setup = testClient(connectWithSocket)

  test('collects pages in its cache, and shows there what a mutation changed', async () => {
    const { line, world } = setup()
    const warn = vi.spyOn(console, 'warn')
    const urql = createUrql(
      { url: line.url, apiKey: world.apiKey },
      { resolvers: { Query: { destinations: relayPagination() } } },
    )
    for (const name of ['Cached 1', 'Cached 2', 'Cached 3']) {
      await urql.mutation(CreateDestination, { input: { name } })
    }
    const read = async (after: string | null, requestPolicy: RequestPolicy) => {
      const variables = { first: 2, after, search: 'Cached' }
      const { data } = await urql.query(Destinations, variables, { requestPolicy })
      return data!.destinations
    }
    const shown = async () => {
      const { edges } = await read(null, 'cache-only')
      return edges.map(({ node }) => node.name)
    }
    const { edges, pageInfo } = await read(null, 'network-only')
    await read(pageInfo.endCursor ?? null, 'network-only')
    expect(await shown()).toEqual(['Cached 3', 'Cached 2', 'Cached 1'])
    const input = { name: 'Cached 2, renamed' }
    await urql.mutation(UpdateDestination, { id: edges[1]!.node.id, input })
    expect(await shown()).toEqual(['Cached 3', 'Cached 2, renamed', 'Cached 1'])
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('urql over HTTP', () => {
  testClient(connectOverHttp)
})
