import type { FailureCode } from '../domain/failure.ts'

/** How a delivery can end. */
export type DeliveryOutcome = 'SUCCEEDED' | 'FAILED' | 'CANCELED' | 'SKIPPED'

export interface CountedAttempt {
  outcome: 'SUCCEEDED' | FailureCode
  durationMs: number
  /** Time from when the delivery became due until its first attempt began. Null for retries. */
  waitedMs: number | null
}

/** Counts and times what this process does. Methods are cheap and never throw. */
export interface Metrics {
  /** Counts stored events. A repeated publication stores none. */
  published(events: number): void
  /** Counts deliveries that ended or were skipped. A delivery that is sent again is counted again when it ends. */
  ended(outcome: DeliveryOutcome, deliveries: number): void
  /** Counts a recorded attempt. */
  attempted(attempt: CountedAttempt): void
  /** Records how long after its end the live feed passed an attempt to its subscribers. */
  streamed(delayMs: number): void
  /** Counts an error in a response, by its code in the API. */
  refused(code: string): void
  /** Counts a log line. */
  logged(level: 'warn' | 'error'): void
}
