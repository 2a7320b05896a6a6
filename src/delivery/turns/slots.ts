import { createShares } from '../../concurrency/shares.ts'
import { DRAIN_QUEUE, type DrainJob, fetchOthers, type QueuedDestination } from '../queue.ts'
import type { JobPorts } from './jobs.ts'
import type { ControlledTurn } from './turn.ts'

/** Destinations that one process drains at a time, including those that only wait for responses. */
const MAX_TURNS = 2_000

/** Turns that read and send. A turn that only waits does not count, so that slow receivers do not delay others. */
const MAX_WORKING_TURNS = 200

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

  function freeSlots(): number {
    let working = 0
    for (const turn of turns.values()) if (turn.waitingMs() < MIN_WAITING_MS) working += 1
    return Math.max(0, Math.min(MAX_WORKING_TURNS - working, MAX_TURNS - turns.size))
  }

  /** Returns the organizations that have their share of the turns. */
  function fullOrganizations(): string[] {
    const shares = createShares(MAX_TURNS)
    for (const { turn } of turns.values()) shares.take(turn.organizationId, 1)
    return shares.full()
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
      const free = freeSlots()
      const full = fullOrganizations()
      areScarce = free === 0 || full.length > 0
      if (free === 0) return []
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
