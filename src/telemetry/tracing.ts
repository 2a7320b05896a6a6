import type { Outcome } from '../domain/outcome.ts'

/** One operation of the API, as it is about to be executed. */
export interface TracedOperation {
  kind: 'query' | 'mutation' | 'subscription'
  /** As the document names it; null when it does not. */
  name: string | null
  requestId: string
  /**
   * The header `traceparent` of the caller, then after a blank its `tracestate` if it sent one, both unchecked; null
   * without the first.
   */
  traceParent: string | null
}

/** One delivery, as an attempt of it is about to begin. */
export interface TracedDelivery {
  id: string
  eventId: string
  eventType: string
  destinationId: string
  /** Attempts before this one. */
  attemptCount: number
  url: string
  /** What the publication was stored with: W3C's `traceparent`, then after a blank `tracestate`. Null when it was not traced. */
  traceParent: string | null
}

/** What an attempt ends in. */
export interface TracedAttempt {
  outcome: Outcome
}

/**
 * Makes traces of what is done: each takes the work in which it happens, and answers as the work does.
 * A publication and all attempts to deliver it are one trace, whichever process makes them.
 */
export interface Tracing {
  operation<Result>(operation: TracedOperation, work: () => Result): Result
  /** @param work gets what its events are to be stored with, W3C's `traceparent`, then after a blank `tracestate` if there is one; null when nothing traces */
  publication<Result>(
    events: readonly { type: string }[],
    work: (traceParent: string | null) => Promise<Result>,
  ): Promise<Result>
  attempt<Result extends TracedAttempt>(
    delivery: TracedDelivery,
    work: () => Promise<Result>,
  ): Promise<Result>
}

/** Does the work and nothing else. */
export const untraced: Tracing = {
  operation: (_operation, work) => work(),
  publication: (_events, work) => work(null),
  attempt: (_delivery, work) => work(),
}
