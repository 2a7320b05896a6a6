import { readFileSync } from 'node:fs'

// Preloaded into a process of the service: does to it from within what no signal can. On SIGUSR2 it reads what from the
// file that FAULT_FILE names. It runs first, so no module has kept the real clock.
const RealDate = Date
let ahead = 0

class SteppedDate extends RealDate {
  constructor(...parts: [] | [string | number | Date]) {
    if (parts.length === 0) super(RealDate.now() + ahead)
    else super(...(parts as [string]))
  }
  static override now(): number {
    return RealDate.now() + ahead
  }
}
globalThis.Date = SteppedDate as DateConstructor

process.on('SIGUSR2', () => {
  const { blockFor = 0, clockAhead = ahead } = JSON.parse(
    readFileSync(process.env.FAULT_FILE!, 'utf8'),
  ) as InProcessFault
  ahead = clockAhead
  const end = performance.now() + blockFor
  while (performance.now() < end);
})

/** In milliseconds. */
export interface InProcessFault {
  /** Keeps the event loop busy. */
  blockFor?: number
  /** Shifts the wall clock. Timers are not affected, as in reality. */
  clockAhead?: number
}
