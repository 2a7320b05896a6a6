import type { AttemptResult } from './record-attempts.ts'

/** The failure message of an attempt whose own message the database rejects. Customers read it. */
export const UNSTORABLE_MESSAGE = 'The attempt failed. What was received of it could not be stored.'

/**
 * Writes results so that one which the database rejects does not prevent the others, and is recorded as well. A group that
 * fails is written in halves. A single result that fails is written without its response body, then with
 * `UNSTORABLE_MESSAGE` as its failure message.
 * @param isTransient whether the same write may succeed later; such errors are rethrown at once
 * @returns what each write returned
 * @throws the error of a result that fails although it was reduced
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
    const parts = results.length > 1 ? halvesOf(results) : reduce(results[0])
    if (parts.length === 0) throw error
    const written: Written[] = []
    for (const part of parts) written.push(...(await writeStorable(part, write, isTransient)))
    return written
  }
}

function halvesOf(results: readonly AttemptResult[]): (readonly AttemptResult[])[] {
  const middle = Math.ceil(results.length / 2)
  return [results.slice(0, middle), results.slice(middle)]
}

/** Removes one part of what the receiver sent. Returns no group when none is left. */
function reduce(result: AttemptResult | undefined): AttemptResult[][] {
  if (!result) return []
  const { outcome } = result
  if (outcome.responseBody !== null) {
    return [[{ ...result, outcome: { ...outcome, responseBody: null } }]]
  }
  if (outcome.status === 'FAILED' && outcome.failure.message !== UNSTORABLE_MESSAGE) {
    const failure = { ...outcome.failure, message: UNSTORABLE_MESSAGE }
    return [[{ ...result, outcome: { ...outcome, failure } }]]
  }
  return []
}
