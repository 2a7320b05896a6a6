import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, ServerError } from '@apollo/client'
import { RetryLink } from '@apollo/client/link/retry'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { relayStylePagination } from '@apollo/client/utilities'
import type { ResultOf } from '@graphql-typed-document-node/core'
import { isAbstractType, OperationTypeNode } from 'graphql'
import { createClient } from 'graphql-ws'
import { filter, firstValueFrom, tap } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { ApiClient, Connection } from './client.ts'
import {
  CreateDestination,
  Destinations,
  operationOf,
  schema,
  UpdateDestination,
} from './operations.ts'
import { testClient } from './test-client.ts'

const POSSIBLE_TYPES = Object.fromEntries(
  Object.values(schema.getTypeMap())
    .filter(isAbstractType)
    .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
)

/** Names the last attempt seen when a link below subscribes again. */
const resumeLink = () =>
  new ApolloLink((operation, forward) =>
    forward(operation).pipe(
      tap(({ data }) => {
        const attempt = (data as { deliveryAttempted?: { id: string } } | null)?.deliveryAttempted
        if (attempt && 'after' in operation.variables) operation.variables.after = attempt.id
      }),
    ),
  )

function httpLink({ url, apiKey }: Connection): ApolloLink {
  return new HttpLink({ uri: `${url}/graphql`, headers: { authorization: `Bearer ${apiKey}` } })
}

function connectApollo(link: ApolloLink, close: () => void): ApiClient & { apollo: ApolloClient } {
  const cache = new InMemoryCache({
    possibleTypes: POSSIBLE_TYPES,
    typePolicies: { Query: { fields: { destinations: relayStylePagination(['filter']) } } },
  })
  const apollo = new ApolloClient({ link, cache })
  return {
    apollo,
    async request(document, variables) {
      const options = { variables: variables as never, fetchPolicy: 'no-cache' as const }
      const { data } =
        operationOf(document) === OperationTypeNode.MUTATION
          ? await apollo.mutate({ mutation: document as never, ...options })
          : await apollo.query({ query: document as never, ...options })
      return data as never
    },
    follow(document, variables, observer) {
      const subscription = apollo
        .subscribe({ query: document as never, variables: variables() as never })
        .subscribe({
          next: ({ data, error }) => (error ? observer.error(error) : observer.next(data as never)),
          error: observer.error,
        })
      return () => subscription.unsubscribe()
    },
    close() {
      apollo.stop()
      close()
    },
  }
}

const isSubscription = ({ operationType }: ApolloLink.Operation) =>
  operationType === OperationTypeNode.SUBSCRIPTION

/** Queries over HTTP, subscriptions over a WebSocket. */
function connectWithSocket(connection: Connection) {
  const socket = createClient({
    url: `${connection.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${connection.apiKey}` },
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: connection.networkIsBack,
  })
  const subscriptions = ApolloLink.from([resumeLink(), new GraphQLWsLink(socket)])
  const link = ApolloLink.split(isSubscription, subscriptions, httpLink(connection))
  return connectApollo(link, () => void socket.dispose())
}

/** All over HTTP: subscriptions come as multipart responses. */
function connectOverHttp(connection: Connection) {
  const retry = new RetryLink({
    delay: () => 0,
    async attempts(_count, operation, error) {
      if (!isSubscription(operation) || ServerError.is(error)) return false
      await connection.networkIsBack()
      return true
    },
  })
  return connectApollo(ApolloLink.from([retry, resumeLink(), httpLink(connection)]), () => {})
}

describe('Apollo Client over a WebSocket', () => {
  const setup = testClient(connectWithSocket)

  test('collects pages in its cache, and shows there what a mutation changed', async () => {
    const { apollo } = setup().client
    for (const name of ['Cached 1', 'Cached 2', 'Cached 3']) {
      await apollo.mutate({ mutation: CreateDestination, variables: { input: { name } } })
    }
    const variables = { first: 2, after: null, search: 'Cached' }
    const list = apollo.watchQuery({ query: Destinations, variables })
    await firstValueFrom(list.pipe(filter(({ dataState }) => dataState === 'complete')))
    const shown = () => (list.getCurrentResult().data as ResultOf<typeof Destinations>).destinations
    const names = () => shown().edges.map(({ node }) => node.name)
    await list.fetchMore({ variables: { after: shown().pageInfo.endCursor } })
    expect(names()).toEqual(['Cached 3', 'Cached 2', 'Cached 1'])
    await apollo.mutate({
      mutation: UpdateDestination,
      variables: { id: shown().edges[1]!.node.id, input: { name: 'Cached 2, renamed' } },
    })
    expect(names()).toEqual(['Cached 3', 'Cached 2, renamed', 'Cached 1'])
  })
})

describe('Apollo Client over HTTP', () => {
  testClient(connectOverHttp)
})
