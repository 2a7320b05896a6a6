import type { Outcome } from '../domain/outcome.ts'

/** An operation of the API. */
export interface TracedOperation {
  kind: 'query' | 'mutation' | 'subscription'
  /** Null for an anonymous operation. */
  name: string | null
  requestId: string
  /** The caller's header `traceparent`, then optionally a space and its `tracestate`, both unchecked. Null without the first. */
  traceParent: string | null
}

/** A delivery before one of its attempts. */
export interface TracedDelivery {
  id: string
  eventId: string
  eventType: string
  destinationId: string
  /** Attempts before this one. */
  attemptCount: number
  url: string
  /** The context stored with the event: `traceparent`, then optionally a space and `tracestate`. Null when it was not traced. */
  traceParent: string | null
}

/** The result of an attempt. */
export interface TracedAttempt {
  outcome: Outcome
}

/**
 * Traces work. Each method runs the work in a span and returns its result.
 * A publication and all attempts to deliver it are one trace, also when other processes make the attempts.
 */
export interface Tracing {
  operation<Result>(operation: TracedOperation, work: () => Result): Result
  /** @param work receives the context to store with the events: `traceparent`, then optionally a space and `tracestate`; null without tracing */
  publication<Result>(
    events: readonly { type: string }[],
    work: (traceParent: string | null) => Promise<Result>,
  ): Promise<Result>
  attempt<Result extends TracedAttempt>(
    delivery: TracedDelivery,
    work: () => Promise<Result>,
  ): Promise<Result>
}

/** Runs the work without a trace. */
export const untraced: Tracing = {
  operation: (_operation, work) => work(),
  publication: (_events, work) => work(null),
  attempt: (_delivery, work) => work(),
}
