import { every } from '../concurrency/every.ts'
import { createPace } from '../concurrency/pace.ts'
import { drainDestination } from '../delivery/drain.ts'
import { createWebhookClient } from '../delivery/http/client.ts'
import { startDrainPump } from '../delivery/pump.ts'
import { releaseActiveJobs } from '../delivery/queue.ts'
import { createAttemptRecorder } from '../delivery/record.ts'
import { SWEEP_INTERVAL_MS, wakeOverdueDestinations } from '../delivery/sweep.ts'
import { startWakeWorker } from '../delivery/wake.ts'
import { FINISH_ERASURES_INTERVAL_MS, finishErasures } from '../retention/erasure.ts'
import { PURGE_INTERVAL_MS, purgeExpired } from '../retention/purge-expired.ts'
import {
  ID_COLLATION_INTERVAL_MS,
  idsAreByteOrdered,
  migrateIdCollation,
} from '../storage/migrations/id-collation.ts'
import type { Parts } from './parts.ts'

export interface RunningWorker {
  /** Destinations that it is draining. */
  drains(): number
  /** Whether it looks for work, and can. */
  alive(): boolean
  close(): Promise<void>
}

/**
 * Requests begun in one turn of the event loop. Hundreds may be ready to go after one commit, and what has just
 * been published elsewhere waits until they have all been signed and written.
 */
const BEGUN_PER_TURN = 8

/** Milliseconds after which a worker that closes gives up what it still has to write. */
const CLOSE_WITHIN = 5_750

/**
 * Delivers, until closed: what is on the wire then ends first, within the 5 s that an attempt has.
 * @param role.alone that no other worker can be running, so what one held is free
 */
export async function startWorker(
  parts: Parts,
  { alone = false }: { alone?: boolean },
): Promise<RunningWorker> {
  const { clock, closing, db, options, queue } = parts
  if (alone) await releaseActiveJobs({ db, queue })
  const recorder = createAttemptRecorder(parts)
  const sender = createWebhookClient({
    policy: options.addressPolicy,
    userAgent: parts.userAgent,
    ...options.client,
  })
  const pace = createPace(BEGUN_PER_TURN, setImmediate)
  const drainPorts = { ...parts, recorder, sender, pace }
  const pump = await startDrainPump(parts, (turn) => drainDestination(drainPorts, turn))
  const wakeWorker = await startWakeWorker({ adapter: parts.queueAdapter, db, clock })
  const sweep = every(parts, SWEEP_INTERVAL_MS, () => wakeOverdueDestinations(parts))
  const purge = every(parts, PURGE_INTERVAL_MS, async (signal) => {
    // What is old is told by ids alone.
    if (await idsAreByteOrdered(db)) await purgeExpired(parts, options.retentionDays, signal)
  })
  const erasures = every(parts, FINISH_ERASURES_INTERVAL_MS, (signal) =>
    finishErasures(parts, signal),
  )
  const collation = collateInBackground(parts)
  return {
    drains: pump.active,
    alive: pump.alive,
    async close() {
      // Longer than an attempt and its commit take. A database that is away must not keep us.
      const late = setTimeout(() => closing.abort(), CLOSE_WITHIN)
      const periodic = [sweep, purge, erasures, collation].map((one) => one.stop())
      await Promise.all([pump.stop(), wakeWorker.stop(), ...periodic])
      await recorder.idle()
      await sender.close()
      clearTimeout(late)
    },
  }
}

/** A database of a release before gets the collation of its ids while the service runs. */
function collateInBackground({ clock, log, options }: Parts): { stop(): Promise<void> } {
  const ports = { url: options.databaseUrl, log }
  let done = false
  return every({ clock, log }, ID_COLLATION_INTERVAL_MS, async (signal) => {
    if (!done) done = await migrateIdCollation(ports, signal)
  })
}
