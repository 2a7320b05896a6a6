import { print } from 'graphql'
import { createClient } from 'graphql-ws'
import { describe } from 'vitest'
import { WebSocket } from 'ws'
import { type ConnectClient, dataOf, deliver, errorOf } from './client.ts'
import { testClient } from './test-client.ts'

const connect: ConnectClient = ({ url, apiKey, networkIsBack }) => {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${apiKey}` },
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: networkIsBack,
  })
  return {
    async request(document, variables) {
      const results = client.iterate({
        query: print(document),
        variables: variables as Record<string, unknown>,
      })
      const { value } = await results.next().catch((thrown: unknown) => {
        // A socket that is closed throws its close event.
        throw errorOf(thrown)
      })
      return dataOf(value!) as never
    },
    follow: (document, variables, observer) =>
      client.subscribe(
        {
          query: print(document),
          // Read at each beginning, when the message is written.
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
    close: async () => client.dispose(),
  }
}

describe('graphql-ws', () => {
  testClient(connect)
})
