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

export type SignInResult =
  | {
      state: 'signed-in'
      credential: Credential
      client: ConsoleClient
      viewer: ViewerQuery['viewer']
    }
  | { state: 'rejected'; message: string }
  | { state: 'unreachable'; credential: Credential; message: string }

/** Checks a credential with the API and reads its scopes. */
export async function signIn(
  credential: Credential,
  { url, onUnauthenticated }: { url: string; onUnauthenticated: () => void },
): Promise<SignInResult> {
  let signedIn = false
  const client = createConsoleClient({
    url,
    credential,
    onUnauthenticated: () => signedIn && onUnauthenticated(),
  })
  const { data, error } = await client.urql.query(Viewer, {}).toPromise()
  if (data) {
    signedIn = true
    return { state: 'signed-in', credential, client, viewer: data.viewer }
  }
  client.live.close()
  if (error && isUnauthenticated(error)) return { state: 'rejected', message: REJECTED }
  const reason = error?.networkError ? 'It did not respond.' : error?.graphQLErrors[0]?.message
  return {
    state: 'unreachable',
    credential,
    message: `Could not sign in to the API at ${url}. ${reason ?? ''}`,
  }
}

const REJECTED = 'This key or token is not valid. It may be incomplete, expired or revoked.'
