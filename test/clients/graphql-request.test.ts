import { GraphQLClient } from 'graphql-request'
import { describe } from 'vitest'
import type { ConnectClient } from './client.ts'
import { testClient } from './test-client.ts'

const connect: ConnectClient = ({ url, apiKey }) => {
  const client = new GraphQLClient(`${url}/graphql`, {
    headers: { authorization: `Bearer ${apiKey}` },
  })
  return {
    request: (document, variables) => client.request({ document, variables: variables as object }),
    close() {},
  }
}

describe('graphql-request', () => {
  testClient(connect, { subscribes: false })
})
