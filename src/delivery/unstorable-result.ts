import type { AttemptResult } from './record.ts'

/** What a customer reads in place of a message that the database refused. */
export const UNSTORABLE_MESSAGE = 'The attempt failed. What was received of it could not be stored.'

/**
 * Writes results, and keeps one that the database refuses from stopping the others: a group that fails is written in
 * halves, and a single result that fails is written without what the receiver answered, then with a message of our own.
 * So each attempt counts, whatever a receiver answers.
 * @param isTransient whether the same write may succeed later; such an error is rethrown at once
 * @returns what each write returned
 * @throws what the last and plainest write of a result throws
 */
export async function writeStorable<Written>(
  results: readonly AttemptResult[],
  write: (results: readonly AttemptResult[]) => Promise<Written>,
  isTransient: (error: unknown) => boolean,
): Promise<Written[]> {
  try {
    return [await write(results)]
  } catch (error) {
    if (isTransient(error)) throw error
    const [first] = results
    if (results.length > 1) {
      const middle = Math.ceil(results.length / 2)
      const halves = [results.slice(0, middle), results.slice(middle)]
      const written: Written[] = []
      for (const half of halves) {
        written.push(...(await writeStorable(half, write, isTransient)))
      }
      return written
    }
    const plainer = first && withoutAnswer(first)
    if (!plainer) throw error
    return writeStorable([plainer], write, isTransient)
  }
}

/** The result with less of what the receiver answered; null when nothing of that is left. */
function withoutAnswer(result: AttemptResult): AttemptResult | null {
  const { outcome } = result
  if (outcome.responseBody !== null) {
    return { ...result, outcome: { ...outcome, responseBody: null } }
  }
  if (outcome.status === 'FAILED' && outcome.failure.message !== UNSTORABLE_MESSAGE) {
    const failure = { ...outcome.failure, message: UNSTORABLE_MESSAGE }
    return { ...result, outcome: { ...outcome, failure } }
  }
  return null
}
