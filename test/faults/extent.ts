/** Whether the full fault tests run, by `npm run test:faults`, and not their short form of `npm test`. */
export const isFull = process.env.FAULTS === 'full'

/** Returns how much of a fault there is: little in `npm test`, all of it in the full run. */
export const extent = <Amount>(amounts: { short: Amount; full: Amount }): Amount =>
  isFull ? amounts.full : amounts.short

/**
 * Returns a bound of what takes time. It holds in the full run, where no other test runs. In `npm test` nothing is too
 * late, because the machine may be busy.
 */
export const inTime = (bound: number): number => (isFull ? bound : Number.POSITIVE_INFINITY)
