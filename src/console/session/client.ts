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
  /** Called when the API rejects the credential: it is wrong, expired or revoked. */
  onUnauthenticated: () => void
}

/** Sends queries and mutations over HTTP and subscriptions over a WebSocket, with one credential. */
export interface ConsoleClient {
  /** The absolute address of the API. */
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
    // Addresses are logged, so queries and variables are sent in the body.
    preferGetMethod: false,
    fetch: (input, init) => fetchWithCredential(credential, input, init),
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

/** Sends a request with the credential. If the API rejects a host page's token, sends it once more with a fresh one. */
async function fetchWithCredential(
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

/** Returns whether the API rejected the credential. */
export const isUnauthenticated = (error: CombinedError) =>
  codesOf(error).includes('UNAUTHENTICATED')

/** Returns the codes of the API's errors; none if the API was not reached. */
const codesOf = (error: CombinedError) =>
  error.graphQLErrors.map(({ extensions }) => String(extensions.code ?? ''))

/** Returns what went wrong and what to do about it, as one or two sentences for the user. */
export function errorMessage(error: CombinedError): string {
  const [first] = error.graphQLErrors
  if (!first) return 'Could not reach the API. Check your connection and try again.'
  const { code, reason, requestId, retryAfterSeconds } = first.extensions
  if (code === 'RATE_LIMITED' && retryAfterSeconds) {
    return `Too many requests. Try again in ${retryAfterSeconds} seconds.`
  }
  if (code === 'INTERNAL_SERVER_ERROR' && !reason) {
    return `Something went wrong on our side. Try again. If it keeps happening, send support this request ID: ${requestId}`
  }
  return first.message
}
