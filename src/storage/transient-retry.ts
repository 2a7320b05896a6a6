import { type Clock, pause } from '../concurrency/clock.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Database } from './database.ts'

/**
 * Does a piece of database work until it is done, through restarts and outages of the database. The work
 * must be safe to repeat: an answer can get lost after the commit.
 *
 * @param what names the work in the log
 * @throws what no repetition can mend, and what still fails when the service is closing
 */
export type RetryTransient = <Result>(what: string, work: () => Promise<Result>) => Promise<Result>

const FIRST_PAUSE = 50
const LONGEST_PAUSE = 1_000

export function createTransientRetry(
  { db, clock, log }: { db: Database; clock: Clock; log: Logger },
  closing: AbortSignal,
): RetryTransient {
  return async (what, work) => {
    for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
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
