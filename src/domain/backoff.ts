/**
 * The retry policy of deliveries. This is the only place that decides whether and when a failed attempt is repeated; the
 * delays start again with each retry by hand (`deliveryRetry`).
 *
 * The setup guide promises up to 5 retries, each 2^n seconds after the end of attempt n: 2, 4, 8, 16 and 32 seconds.
 */
export const MAX_ATTEMPTS = 6

/**
 * Returns the delay after a failed attempt.
 * @param attempt the number of the failed attempt, from 1, counted since the delivery was created or retried by hand
 * @returns whole seconds from the end of the attempt to the next one; null when there is none
 */
export function retryDelay(attempt: number): number | null {
  return attempt < MAX_ATTEMPTS ? 2 ** attempt : null
}
