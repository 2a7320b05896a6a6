import { type Clock, pause } from '../concurrency/clock.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Database } from './database.ts'

/**
 * Repeats a database operation until it succeeds, through restarts and outages of the database. The operation must be
 * idempotent: the response can be lost after the commit.
 * @param what names the operation in the log
 * @throws errors that are not transient, and every error once the service is closing
 */
export type RetryTransient = <Result>(what: string, work: () => Promise<Result>) => Promise<Result>

/** Milliseconds until the first repeat. The delay doubles with each one, up to the limit. */
const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 1_000

export function createTransientRetry(
  { db, clock, log }: { db: Database; clock: Clock; log: Logger },
  closing: AbortSignal,
): RetryTransient {
  return async (what, work) => {
    for (let wait = FIRST_DELAY_MS; ; wait = Math.min(wait * 2, MAX_DELAY_MS)) {
      try {
        return await work()
      } catch (error) {
        if (closing.aborted || !db.isTransient(error)) throw error
        log.warn({ err: error, wait }, `could not ${what} now, trying again`)
        await pause(clock, wait, closing)
      }
    }
  }
}
