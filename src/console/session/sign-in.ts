import type { ViewerQuery } from '../generated/graphql.ts'
import { graphql } from '../generated/index.ts'
import { type ConsoleClient, createConsoleClient, isUnauthenticated } from './client.ts'
import type { Credential } from './credential.ts'

const Viewer = graphql(`
  query Viewer {
    viewer {
      scopes
      organization {
        id
        name
      }
    }
  }
`)

/** What came of showing a credential to the API. */
export type Entry =
  | {
      state: 'entered'
      credential: Credential
      client: ConsoleClient
      viewer: ViewerQuery['viewer']
    }
  | { state: 'refused'; message: string }
  | { state: 'unreachable'; credential: Credential; message: string }

/** Shows a credential to the API: the first query, and the one that says what may be offered. */
export async function enter(
  credential: Credential,
  { url, onUnauthenticated }: { url: string; onUnauthenticated: () => void },
): Promise<Entry> {
  let entered = false
  const client = createConsoleClient({
    url,
    credential,
    onUnauthenticated: () => entered && onUnauthenticated(),
  })
  const { data, error } = await client.urql.query(Viewer, {}).toPromise()
  if (data) {
    entered = true
    return { state: 'entered', credential, client, viewer: data.viewer }
  }
  client.live.close()
  if (error && isUnauthenticated(error)) return { state: 'refused', message: REFUSED }
  const reason = error?.networkError ? 'It did not answer.' : error?.graphQLErrors[0]?.message
  return {
    state: 'unreachable',
    credential,
    message: `The API at ${url} could not be asked who you are. ${reason ?? ''}`,
  }
}

const REFUSED =
  'This key or token was not accepted. It may be mistyped, expired or revoked: copy it again, whole, or make a new one.'
