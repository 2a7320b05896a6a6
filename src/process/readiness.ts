import type { FeedHolder } from '../feed/feed-watch.ts'
import type { Readiness } from '../server/monitoring.ts'

export interface ReadinessChecks {
  /** Whether the migrations are applied. Rejects when the database is away. */
  migrations(): Promise<boolean>
  /** Whether each of the other parts works, by name. */
  others(): Record<string, boolean>
  /** Default: never. */
  feedHeldBy?(): FeedHolder | null
  closing(): boolean
}

/** Milliseconds for the database to answer. Whoever asks waits no longer than that. */
const ASK_WITHIN = 1_500

/** Milliseconds for which one answer of the database serves all: anybody may ask, as often as they like. */
const FRESH_FOR = 500

/** Milliseconds after which a question without an answer is given up, and asked anew when somebody wants to know. */
const GIVEN_UP_AFTER = 10_000

/** Answers within 1.5 s, also when the database does not. It is asked one question at a time. */
export function createReadiness(checks: ReadinessChecks): () => Promise<Readiness> {
  let asked: Promise<boolean | null> | null = null

  function ask(): Promise<boolean | null> {
    if (asked) return asked
    const question = Promise.resolve()
      .then(checks.migrations)
      .catch(() => null)
    const forget = () => {
      if (asked === question) asked = null
    }
    asked = question
    setTimeout(forget, GIVEN_UP_AFTER).unref()
    question.finally(() => setTimeout(forget, FRESH_FOR).unref())
    return question
  }

  return async () => {
    const applied = await orNull(ask(), ASK_WITHIN)
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

/** In the time as it really passes: a database that is silent does not wait for a test's clock. */
async function orNull<Value>(work: Promise<Value>, milliseconds: number): Promise<Value | null> {
  const late = Promise.withResolvers<null>()
  const timer = setTimeout(() => late.resolve(null), milliseconds)
  const value = await Promise.race([work, late.promise])
  clearTimeout(timer)
  return value
}
