import { print } from 'graphql'
import { createClient } from 'graphql-sse'
import { describe } from 'vitest'
import { type ConnectClient, dataOf, deliver, errorOf } from './client.ts'
import { testClient } from './test-client.ts'

const connect =
  (singleConnection: boolean): ConnectClient =>
  ({ url, apiKey, networkIsBack }) => {
    const client = createClient({
      url: `${url}/graphql`,
      singleConnection,
      headers: () => ({ authorization: `Bearer ${apiKey}` }),
      retry: networkIsBack,
    })
    return {
      async request(document, variables) {
        const results = client.iterate({
          query: print(document),
          variables: variables as Record<string, unknown>,
        })
        for await (const result of results) return dataOf(result) as never
        throw new Error('There was no result.')
      },
      follow: (document, variables, observer) =>
        client.subscribe(
          {
            query: print(document),
            // Made at each beginning, when the request is written: in either mode the library keeps this object.
            variables: { toJSON: variables },
          },
          {
            next: (result) => deliver(result as never, observer),
            error: (error) => observer.error(errorOf(error)),
            complete: () => {},
          },
        ),
      close: () => client.dispose(),
    }
  }

describe('graphql-sse with a single connection', () => {
  testClient(connect(true), { requestsWithBadKey: 6 })
})

describe('graphql-sse with a connection for each operation', () => {
  testClient(connect(false))
})
