/**
 * THE retry policy: what happens after an attempt failed. Nowhere else does a delay or a number of
 * retries stand, and no other machine retries.
 *
 * From the setup guide: up to 5 retries, each 2^retry seconds after the attempt before it ended.
 */
export const MAX_ATTEMPTS = 6

/**
 * @param attempt the number of the attempt that failed, counted from 1 since the delivery was made or
 *   last restarted by hand
 * @returns whole seconds from its end to the next attempt, or null when it was the last
 */
export function retryDelay(attempt: number): number | null {
  return attempt < MAX_ATTEMPTS ? 2 ** attempt : null
}
