/** Whether the whole of the faults is asked for, by `npm run test:faults`, and not the short form of `npm test`. */
export const isFull = process.env.FAULTS === 'full'

/**
 * How much of a fault: the short form is for every run of the tests, the full one takes its time. Times are wider in the
 * short form, which has other tests beside it.
 */
export const extent = <Amount>(amounts: { short: Amount; full: Amount }): Amount =>
  isFull ? amounts.full : amounts.short
