import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'

/** An operation was answered with errors instead of data. */
export class GraphqlRequestError extends Error {
  override name = 'GraphqlRequestError'
  readonly errors: readonly { message: string; extensions?: Record<string, unknown> }[]
  constructor(errors: GraphqlRequestError['errors']) {
    super(errors.map(({ message }) => message).join(' '))
    this.errors = errors
  }
}

/**
 * An answer without errors. The result of a mutation, which is a union and has its `__typename` selected, is null only
 * beside an error.
 */
type Answered<Data> = {
  [Field in keyof Data]: NonNullable<Data[Field]> extends { __typename: string }
    ? NonNullable<Data[Field]>
    : Data[Field]
}

export interface GraphqlClient {
  /** @throws GraphqlRequestError for an answer with errors, also when it has data */
  request<Data, Variables extends object>(
    document: TypedDocumentNode<Data, Variables>,
    ...variables: Record<string, never> extends Variables ? [Variables?] : [Variables]
  ): Promise<Answered<Data>>
  /**
   * Every result of a subscription, over a WebSocket; leaving the loop ends it.
   * @throws GraphqlRequestError
   */
  subscribe<Data, Variables extends object>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): AsyncIterableIterator<Data>
  close(): Promise<void>
}

/** Talks to the API as a customer's program would, with typed documents. */
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
        // An operation that is refused as a whole comes as the bare list of its errors.
        throw Array.isArray(error) ? new GraphqlRequestError(error) : error
      }
    },
    close: async () => socket.dispose(),
  }
}
