import {
  type Client,
  type CombinedError,
  cacheExchange,
  createClient,
  fetchExchange,
  mapExchange,
} from '@urql/core'
import { authorizationOf, type Credential } from './credential.ts'
import { type LiveConnection, openLiveConnection } from './live-connection.ts'

export interface ClientOptions {
  url: string
  credential: Credential
  /** The credential no longer holds: it is wrong, expired or revoked. */
  onUnauthenticated: () => void
}

/** One signed-in way to the API: queries and mutations over HTTP, subscriptions over a WebSocket. */
export interface ConsoleClient {
  /** Where the API answers, whole. */
  url: string
  urql: Client
  live: LiveConnection
}

export function createConsoleClient({
  url,
  credential,
  onUnauthenticated,
}: ClientOptions): ConsoleClient {
  const address = new URL(url, document.baseURI)
  const urql = createClient({
    url: address.href,
    // Nothing that was asked belongs into addresses, which are logged.
    preferGetMethod: false,
    fetch: (input, init) => fetchSignedIn(credential, input, init),
    exchanges: [
      mapExchange({ onError: (error) => void (isUnauthenticated(error) && onUnauthenticated()) }),
      cacheExchange,
      fetchExchange,
    ],
  })
  return {
    url: address.href,
    urql,
    live: openLiveConnection({ address, credential, onUnauthenticated }),
  }
}

/** A token may have ended since it was handed over: then the host page is asked once for another. */
async function fetchSignedIn(
  credential: Credential,
  input: RequestInfo | URL,
  init: RequestInit = {},
): Promise<Response> {
  const send = async () => {
    const headers = new Headers(init.headers)
    headers.set('authorization', await authorizationOf(credential))
    return fetch(input, { ...init, headers })
  }
  const response = await send()
  return response.status === 401 && typeof credential === 'function' ? send() : response
}

/** Whether the API does not know who asks. */
export const isUnauthenticated = (error: CombinedError) =>
  codesOf(error).includes('UNAUTHENTICATED')

/** What the API calls each thing that went wrong; empty when it was not reached. */
export const codesOf = (error: CombinedError) =>
  error.graphQLErrors.map(({ extensions }) => String(extensions.code ?? ''))

/** What went wrong with an operation and what to do about it, as a sentence or two for people. */
export function errorMessage(error: CombinedError): string {
  const [first] = error.graphQLErrors
  if (!first) return 'The API did not answer. Check your connection, then try again.'
  const { code, reason, requestId, retryAfterSeconds } = first.extensions
  if (code === 'RATE_LIMITED' && retryAfterSeconds) {
    return `That was too much in a short time. Try again in ${retryAfterSeconds} seconds.`
  }
  if (code === 'INTERNAL_SERVER_ERROR' && !reason) {
    return `Something failed on our side. Try again; if it stays, tell support this number: ${requestId}`
  }
  return first.message
}
