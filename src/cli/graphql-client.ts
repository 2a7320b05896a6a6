import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'

/** The response to an operation has errors. */
export class GraphqlRequestError extends Error {
  override name = 'GraphqlRequestError'
  readonly errors: readonly { message: string; extensions?: Record<string, unknown> }[]
  constructor(errors: GraphqlRequestError['errors']) {
    super(errors.map(({ message }) => message).join(' '))
    this.errors = errors
  }
}

/**
 * The data of a response without errors. The result of a mutation is a union with `__typename`, which is null only with an
 * error.
 */
type DataOf<Data> = {
  [Field in keyof Data]: NonNullable<Data[Field]> extends { __typename: string }
    ? NonNullable<Data[Field]>
    : Data[Field]
}

export interface GraphqlClient {
  /** @throws GraphqlRequestError for a response with errors, even if it has data */
  request<Data, Variables extends object>(
    document: TypedDocumentNode<Data, Variables>,
    ...variables: Record<string, never> extends Variables ? [Variables?] : [Variables]
  ): Promise<DataOf<Data>>
  /**
   * Yields the results of a subscription over a WebSocket. Leaving the loop ends the subscription.
   * @throws GraphqlRequestError
   */
  subscribe<Data, Variables extends object>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): AsyncIterableIterator<Data>
  close(): Promise<void>
}

/** Creates a client of the API for typed documents. */
export function createGraphqlClient(api: { url: string; apiKey: string }): GraphqlClient {
  const authorization = `Bearer ${api.apiKey}`
  const socket = createClient({
    url: `${api.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
  })
  return {
    async request(document, ...[variables]) {
      const response = await fetch(`${api.url}/graphql`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ query: print(document), variables }),
      })
      const { data, errors } = (await response.json()) as {
        data: never
        errors?: GraphqlRequestError['errors']
      }
      if (errors) throw new GraphqlRequestError(errors)
      return data
    },
    async *subscribe(document, variables) {
      const results = socket.iterate({
        query: print(document),
        variables: variables as Record<string, unknown>,
      })
      try {
        for await (const { data, errors } of results) {
          if (errors) throw new GraphqlRequestError(errors as GraphqlRequestError['errors'])
          yield data as never
        }
      } catch (error) {
        // graphql-ws throws the list of errors when an operation is refused as a whole.
        throw Array.isArray(error) ? new GraphqlRequestError(error) : error
      }
    },
    close: async () => socket.dispose(),
  }
}
