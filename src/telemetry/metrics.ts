import type { FailureCode } from '../domain/outcome.ts'

/** How a delivery can end. */
export type DeliveryOutcome = 'SUCCEEDED' | 'FAILED' | 'CANCELED' | 'SKIPPED'

export interface CountedAttempt {
  outcome: 'SUCCEEDED' | FailureCode
  durationMs: number
  /** Milliseconds from when the delivery became due until this attempt began; null but for the first one. */
  waitedMs: number | null
}

/** Hears what has happened, for the figures of whoever runs the service. Calls are cheap and never throw. */
export interface Metrics {
  /** Events were stored; repeats are none. */
  published(events: number): void
  /** Deliveries ended, or were never to begin. One that is sent again ends again. */
  ended(outcome: DeliveryOutcome, deliveries: number): void
  /** An attempt was recorded. */
  attempted(attempt: CountedAttempt): void
  /** The live feed told an attempt to its subscribers, as many milliseconds after it was decided. */
  told(afterMs: number): void
  /** An operation was answered with an error, or a part of it was. Codes are those of the API. */
  refused(code: string): void
  /** Something was logged that somebody should see. */
  logged(level: 'warn' | 'error'): void
}
