import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { createClient } from 'graphql-ws'
import {
  type CacheConfig,
  type ConcreteRequest,
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  type GraphQLResponse,
  type GraphQLTaggedNode,
  Network,
  Observable,
  RecordSource,
  type RequestParameters,
  requestSubscription,
  Store,
  type Variables,
} from 'relay-runtime'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import attemptsSubscription from '../fixtures/relay/operationsAttemptsSubscription.graphql.ts'
import changesSubscription from '../fixtures/relay/operationsChangesSubscription.graphql.ts'
import createMutation from '../fixtures/relay/operationsCreateMutation.graphql.ts'
import deleteMutation from '../fixtures/relay/operationsDeleteMutation.graphql.ts'
import destinationsQuery from '../fixtures/relay/operationsDestinationsQuery.graphql.ts'
import listQuery, {
  type operationsListQuery$data,
} from '../fixtures/relay/operationsListQuery.graphql.ts'
import updateMutation from '../fixtures/relay/operationsUpdateMutation.graphql.ts'
import viewerQuery from '../fixtures/relay/operationsViewerQuery.graphql.ts'
import { type ApiClient, type Connection, dataOf, errorOf } from './client.ts'
import { Attempts, Changes, CreateDestination, Destinations, Viewer } from './operations.ts'
import { testClient } from './test-client.ts'

/** What Relay's compiler made of the same operations. */
const compiled = new Map<TypedDocumentNode<never, never>, ConcreteRequest>([
  [Viewer, viewerQuery],
  [Destinations, destinationsQuery],
  [CreateDestination, createMutation],
  [Attempts, attemptsSubscription],
  [Changes, changesSubscription],
] as never)

interface Relay extends ApiClient {
  environment: Environment
}

function connect({ url, apiKey, networkIsBack }: Connection): Relay {
  const authorization = `Bearer ${apiKey}`
  const socket = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: networkIsBack,
  })
  async function fetchFunction({ text }: RequestParameters, variables: object) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ query: text, variables }),
    })
    const result = (await response.json()) as GraphQLResponse
    dataOf(result as never)
    return result
  }
  const subscribe = ({ text }: RequestParameters, variables: Variables, config: CacheConfig) =>
    Observable.create<GraphQLResponse>((sink) =>
      socket.subscribe(
        {
          query: text!,
          // Read at each beginning, when the message is written.
          get variables() {
            const current = config.metadata?.currentVariables as (() => Variables) | undefined
            return current?.() ?? variables
          },
        },
        {
          next: (result) => sink.next(result as GraphQLResponse),
          error: (error) => sink.error(errorOf(error)),
          complete: sink.complete,
        },
      ),
    )
  const environment = new Environment({
    network: Network.create(fetchFunction, subscribe),
    store: new Store(new RecordSource()),
  })
  const taggedNode = (document: object) => compiled.get(document as never) as GraphQLTaggedNode
  return {
    environment,
    request(document, variables) {
      const node = compiled.get(document as never)!
      if (node.params.operationKind === 'query') {
        return fetchQuery(environment, node, variables as object).toPromise() as never
      }
      return mutate(environment, node, variables as Variables) as never
    },
    follow(document, variables, observer) {
      const { dispose } = requestSubscription(environment, {
        subscription: taggedNode(document),
        variables: variables() as Variables,
        cacheConfig: { metadata: { currentVariables: variables } },
        onNext: (response) => observer.next(response as never),
        onError: observer.error,
      })
      return dispose
    },
    close: async () => socket.dispose(),
  }
}

const mutate = (environment: Environment, mutation: ConcreteRequest, variables: Variables) =>
  new Promise((resolve, reject) =>
    commitMutation(environment, { mutation, variables, onCompleted: resolve, onError: reject }),
  )

describe('Relay', () => {
  const setup = testClient(connect)

  test('collects pages in its store, and shows there what mutations changed', async () => {
    const { client } = setup()
    const { environment } = client
    for (const name of ['Stored 1', 'Stored 2', 'Stored 3']) {
      await client.request(CreateDestination, { input: { name } })
    }
    const search = 'Stored'
    const listed = createOperationDescriptor(listQuery, { first: 2, after: null, search })
    const keep = environment.retain(listed)
    const shown = () =>
      (environment.lookup(listed.fragment).data as unknown as operationsListQuery$data).destinations
    const names = () => shown().edges.map(({ node }) => node.name)
    await fetchQuery(environment, listQuery, listed.request.variables).toPromise()
    const after = shown().pageInfo.endCursor
    await fetchQuery(environment, listQuery, { first: 2, after, search }).toPromise()
    expect(names()).toEqual(['Stored 3', 'Stored 2', 'Stored 1'])

    const id = shown().edges[1]!.node.id
    await mutate(environment, updateMutation, { id, input: { name: 'Stored 2, renamed' } })
    expect(names()).toEqual(['Stored 3', 'Stored 2, renamed', 'Stored 1'])
    await mutate(environment, deleteMutation, { id, connections: [shown().__id] })
    expect(names()).toEqual(['Stored 3', 'Stored 1'])
    keep.dispose()
  })
})
