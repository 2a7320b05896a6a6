import { createShares } from '../../concurrency/shares.ts'
import { DRAIN_QUEUE, type DrainJob, fetchOthers, type QueuedDestination } from '../queue.ts'
import type { JobPorts } from './jobs.ts'
import type { ControlledTurn } from './turn.ts'

/** Destinations that one process drains at a time, including those that only wait for responses. */
const MAX_TURNS = 2_000

/** Turns that read and send. A turn that only waits does not count, so that slow receivers do not delay others. */
const MAX_WORKING_TURNS = 200

/** Turns that begin at once for organizations without a working turn, however many others work. */
const MIN_FREE_SLOTS = 16

/** Milliseconds of waiting after which a turn does not count as working. Fast receivers respond before that. */
const MIN_WAITING_MS = 200

/** The part of the time that fetches for other organizations may take. They read over the jobs of the excluded ones. */
const MAX_TIME_FOR_OTHERS = 0.1

/** Decides which jobs this process takes: how many, and of which organizations. */
export interface Slots {
  /** Fetches jobs for free slots. Skips destinations that any process is draining. */
  fetch(): Promise<DrainJob[]>
  /** Whether more jobs may be queued than the last fetch could take. */
  areScarce(): boolean
}

/** @param turns the running turns by destination */
export function createSlots(ports: JobPorts, turns: ReadonlyMap<string, ControlledTurn>): Slots {
  const { boss, db, clock } = ports
  let areScarce = false
  let othersAllowedAt = 0

  /** Returns how many jobs can be fetched, and the organizations that have their share of the turns or of the slots. */
  function freeSlots(): { free: number; full: string[] } {
    const all = createShares(MAX_TURNS)
    const working = createShares(MAX_WORKING_TURNS)
    let count = 0
    for (const { turn, waitingMs } of turns.values()) {
      all.take(turn.organizationId, 1)
      if (waitingMs() >= MIN_WAITING_MS) continue
      working.take(turn.organizationId, 1)
      count += 1
    }
    const free = Math.max(MAX_WORKING_TURNS - count, MIN_FREE_SLOTS)
    return {
      free: Math.max(0, Math.min(free, MAX_TURNS - turns.size)),
      full: [...new Set([...all.full(), ...working.full()])],
    }
  }

  async function fetchForOthers(size: number, except: readonly string[]): Promise<DrainJob[]> {
    const startedAt = clock.now()
    const jobs = await fetchOthers(db, size, except)
    const endedAt = clock.now()
    othersAllowedAt = endedAt + (endedAt - startedAt) / MAX_TIME_FOR_OTHERS
    return jobs
  }

  return {
    areScarce: () => areScarce,
    /** If more jobs are queued than half of the slots, the other slots are for other organizations. */
    async fetch() {
      const { free, full } = freeSlots()
      areScarce = free === 0 || full.length > 0
      if (free === 0 || (full.length > 0 && clock.now() < othersAllowedAt)) return []
      const size = Math.ceil(free / 2)
      const jobs =
        full.length > 0
          ? await fetchForOthers(size, full)
          : await boss.fetch<QueuedDestination>(DRAIN_QUEUE, {
              batchSize: size,
              groupConcurrency: 1,
            })
      if (jobs.length < size) return jobs
      areScarce = true
      if (free === size || clock.now() < othersAllowedAt) return jobs
      const served = jobs.map(({ data }) => data.organizationId ?? '')
      const others = await fetchForOthers(free - size, [...new Set([...full, ...served])])
      return [...jobs, ...others]
    },
  }
}
