import { setTimeout as pause } from 'node:timers/promises'
import type { Remote } from './part.ts'
import type { Publication } from './parts/publisher.ts'
import type { Receiver } from './parts/receiver.ts'

/** Milliseconds until each event was at the receiver, in the order of publication. */
export interface Delays {
  /** From when it was to be published. */
  scheduled: number[]
  /** From the answer to its publication. The request is sometimes faster: that is below 0. */
  answered: number[]
}

/** Waits until all have arrived. @throws when some do not within a minute */
export async function delaysOf(
  receiver: Remote<Receiver>,
  publications: readonly Publication[],
): Promise<Delays> {
  for (let looks = 0; looks < 600; looks += 1) {
    const arrivals = await receiver.arrivals()
    const arrived = publications.map(({ eventId }) => arrivals.get(eventId))
    if (!arrived.includes(undefined)) {
      return {
        scheduled: publications.map(({ scheduled }, index) => arrived[index]! - scheduled),
        answered: publications.map(({ answered }, index) => arrived[index]! - answered),
      }
    }
    await pause(100)
  }
  throw new Error('Some events did not arrive within a minute.')
}
