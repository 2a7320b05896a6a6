import type {
  AttemptDetailsQuery,
  AttemptFilter,
  AttemptRowFragment,
} from '../generated/graphql.ts'
import { graphql } from '../generated/index.ts'

export const AttemptRowFields = graphql(`
  fragment AttemptRow on DeliveryAttempt {
    id
    eventType
    status
    attemptedAt
    durationMs
    responseCode
    retryCount
    failure {
      code
      message
    }
    delivery {
      id
      test
    }
  }
`)

export type Attempt = AttemptRowFragment

/** An attempt with its request, its response and its delivery, as the panel shows it. */
export type AttemptDetails = Extract<
  NonNullable<AttemptDetailsQuery['node']>,
  { __typename: 'DeliveryAttempt' }
>

/** Merges two lists, each attempt once, newest first: ids sort by time. */
export function mergeAttempts(listed: readonly Attempt[], live: Iterable<Attempt>): Attempt[] {
  const byId = new Map([...listed, ...live].map((attempt) => [attempt.id, attempt]))
  return [...byId.values()].sort((one, other) => (one.id < other.id ? 1 : -1))
}

/** Returns a predicate that selects the same attempts as the API does for a filter. */
export const matchesFilter =
  ({ statuses, eventTypes }: AttemptFilter) =>
  ({ status, eventType }: Attempt): boolean =>
    (!statuses || statuses.includes(status)) && (!eventTypes || eventTypes.includes(eventType))
