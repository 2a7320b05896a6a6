import type { BlockingTransaction } from '../feed/feed-watch.ts'
import type { Readiness } from '../server/monitoring.ts'

export interface ReadinessChecks {
  /** Whether all migrations are applied. Rejects when the database cannot be reached. */
  migrations(): Promise<boolean>
  /** Whether each of the other parts works, by name. */
  others(): Record<string, boolean>
  /** Default: never. */
  feedHeldBy?(): BlockingTransaction | null
  closing(): boolean
}

/** Time limit for the database to answer. */
const DATABASE_TIMEOUT_MS = 1_500

/** Time for which a result is reused, so that frequent calls do not load the database. */
const RESULT_MAX_AGE_MS = 500

/** Time after which a query without a result is abandoned, so that the next call starts a new one. */
const QUERY_MAX_AGE_MS = 10_000

/** Creates a function that resolves within 1.5 s even if the database does not answer. It runs at most one query at a time. */
export function createReadiness(checks: ReadinessChecks): () => Promise<Readiness> {
  let current: Promise<boolean | null> | null = null

  function migrationsApplied(): Promise<boolean | null> {
    if (current) return current
    const query = Promise.resolve()
      .then(checks.migrations)
      .catch(() => null)
    const forget = () => {
      if (current === query) current = null
    }
    current = query
    setTimeout(forget, QUERY_MAX_AGE_MS).unref()
    query.finally(() => setTimeout(forget, RESULT_MAX_AGE_MS).unref())
    return query
  }

  return async () => {
    const applied = await orNull(migrationsApplied(), DATABASE_TIMEOUT_MS)
    const parts = {
      database: applied !== null,
      migrations: applied === true,
      ...checks.others(),
    }
    const closing = checks.closing()
    const feedHeldBy = checks.feedHeldBy?.()
    return {
      ready: !closing && Object.values(parts).every(Boolean),
      closing,
      parts,
      ...(feedHeldBy && { feedHeldBy }),
    }
  }
}

/** Resolves with null after the time limit. It uses real time, also in tests that stop the clock. */
async function orNull<Value>(work: Promise<Value>, milliseconds: number): Promise<Value | null> {
  const late = Promise.withResolvers<null>()
  const timer = setTimeout(() => late.resolve(null), milliseconds)
  const value = await Promise.race([work, late.promise])
  clearTimeout(timer)
  return value
}
