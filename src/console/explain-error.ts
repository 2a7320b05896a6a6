import type { CombinedError } from '@urql/core'

/** What went wrong with an operation and what to do about it, as a sentence or two for people. */
export function explain(error: CombinedError): string {
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
