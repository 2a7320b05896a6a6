import { print } from 'graphql'
import { createClient } from 'graphql-sse'
import { describe } from 'vitest'
import { type ConnectClient, dataOf, deliver, errorOf } from './client.ts'
import { testClient } from './test-client.ts'

const connect =
  (singleConnection: boolean): ConnectClient =>
  ({ url, apiKey, networkIsBack }) => {
    const client = createClient({
      // The single connection of the protocol has an address of its own.
      url: `${url}/graphql${singleConnection ? '/stream' : ''}`,
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
            // Read at each beginning, when the request is written.
            get variables() {
              return variables() as Record<string, unknown>
            },
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

describe('graphql-sse with a connection for each operation', () => {
  testClient(connect(false))
})
