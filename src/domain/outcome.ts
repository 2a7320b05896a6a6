import { type Failure, failureOfStatus, type ResponseFacts } from './failure.ts'

/** Milliseconds from the start of connecting until the head of the response must have arrived. */
export const ATTEMPT_TIMEOUT_MS = 5_000

/** The result of one attempt. */
export type Outcome =
  | { status: 'SUCCEEDED'; responseCode: number; responseBody: string | null }
  | {
      status: 'FAILED'
      /** Null when no response arrived. */
      responseCode: number | null
      /** The beginning of the body; null when it was empty. */
      responseBody: string | null
      failure: Failure
    }

/** Returns the outcome of a response. Only a 2xx status is a success. */
export function outcomeOfResponse(
  { status, body }: { status: number; body: string | null },
  facts: ResponseFacts,
): Outcome {
  const response = { responseCode: status, responseBody: body }
  if (status >= 200 && status <= 299) return { status: 'SUCCEEDED', ...response }
  return { status: 'FAILED', ...response, failure: failureOfStatus(status, facts) }
}

/** Returns the outcome of an attempt without a response. */
export function outcomeOfFailure(failure: Failure): Outcome {
  return { status: 'FAILED', responseCode: null, responseBody: null, failure }
}

/** The state of an attempt when its time limit was reached. */
export type Phase = 'CONNECTING' | 'WAITING'

export function timeoutFailure(phase: Phase, timeoutMs: number): Failure {
  const within = `within ${timeoutMs / 1000} seconds`
  const message =
    phase === 'CONNECTING'
      ? `Could not connect to your endpoint ${within}.`
      : `Your endpoint did not respond ${within}.`
  return { code: 'TIMEOUT', message }
}
