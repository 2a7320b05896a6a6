import { purgeAuditLogs } from '../audit/purge.ts'
import { every } from '../concurrency/every.ts'
import { createPace } from '../concurrency/pace.ts'
import { createShares } from '../concurrency/shares.ts'
import { drainDestination } from '../delivery/drain.ts'
import { createWebhookClient } from '../delivery/http/client.ts'
import { releaseActiveJobs } from '../delivery/queue.ts'
import { createAttemptRecorder } from '../delivery/record.ts'
import { SWEEP_INTERVAL_MS, wakeOverdueDestinations } from '../delivery/sweep.ts'
import { startDrainPump } from '../delivery/turns/pump.ts'
import { startWakeWorker } from '../delivery/wake.ts'
import { FINISH_ERASURES_INTERVAL_MS, finishErasures } from '../retention/erasure.ts'
import { PURGE_INTERVAL_MS, purgeExpired } from '../retention/purge-expired.ts'
import {
  ID_COLLATION_INTERVAL_MS,
  idsAreByteOrdered,
  migrateIdCollation,
} from '../storage/migrations/id-collation.ts'
import { type Parts, userAgentOf } from './parts.ts'

export interface RunningWorker {
  /** Returns the number of destinations that it is draining. */
  drains(): number
  /** Whether it fetches jobs and reaches the database. */
  alive(): boolean
  close(): Promise<void>
}

/**
 * Requests started in one turn of the event loop. A commit can make hundreds of deliveries due at once, which would delay
 * events that are published meanwhile.
 */
const REQUESTS_PER_TURN = 8

/** Characters of events that are read and sent at once. With their bodies they take about three times as many bytes. */
const MAX_SENDING_LENGTH = 96_000_000

/** Time after which a closing worker abandons results that it cannot record. An attempt and its commit take less. */
const CLOSE_TIMEOUT_MS = 5_750

/**
 * Starts delivering. `close` waits for running requests, at most the 5 s of an attempt.
 * @param role.alone whether no other worker can be running: jobs of an earlier worker are then released at once
 */
export async function startWorker(
  parts: Parts,
  { alone = false }: { alone?: boolean },
): Promise<RunningWorker> {
  const { jobs, options, storage } = parts
  const ports = { ...storage, ...parts.telemetry, ...jobs }
  if (alone) await releaseActiveJobs(ports)
  const recorder = createAttemptRecorder(ports)
  const sender = createWebhookClient({
    policy: options.addressPolicy,
    proxy: options.deliveryProxy ?? null,
    userAgent: userAgentOf(options),
    ...options.client,
  })
  const pace = createPace(REQUESTS_PER_TURN, setImmediate)
  const memory = createShares(MAX_SENDING_LENGTH)
  const drainPorts = { ...ports, recorder, sender, pace, memory }
  const pump = await startDrainPump(ports, (turn) => drainDestination(drainPorts, turn))
  const wakeWorker = await startWakeWorker({ ...storage, adapter: jobs })
  const periodic = startPeriodicWork(parts)
  return {
    drains: pump.active,
    alive: pump.alive,
    async close() {
      const timer = setTimeout(() => storage.closing.abort(), CLOSE_TIMEOUT_MS)
      await Promise.all([pump.stop(), wakeWorker.stop(), ...periodic.map((one) => one.stop())])
      await recorder.idle()
      await sender.close()
      clearTimeout(timer)
    },
  }
}

/** Starts the sweep, the deletion of expired events, the completion of erasures and the change of the collation. */
function startPeriodicWork({ jobs, options, storage, telemetry }: Parts) {
  const ports = { ...storage, ...telemetry, ...jobs }
  const collation = createCollation(options.databaseUrl, telemetry)
  return [
    every(ports, SWEEP_INTERVAL_MS, () => wakeOverdueDestinations(ports)),
    every(ports, PURGE_INTERVAL_MS, async (signal) => {
      // Expired rows are found by the order of their ids.
      const ordered = await idsAreByteOrdered(storage.db)
      if (ordered) await purgeExpired(ports, options.retentionDays, signal)
    }),
    every(ports, PURGE_INTERVAL_MS, async (signal) => {
      const { auditRetentionDays } = options
      if (auditRetentionDays) await purgeAuditLogs(ports, auditRetentionDays, signal)
    }),
    every(ports, FINISH_ERASURES_INTERVAL_MS, (signal) => finishErasures(ports, signal)),
    every(ports, ID_COLLATION_INTERVAL_MS, collation),
  ]
}

/** Creates a function that changes the collation of ids in a database of an earlier release while the service runs. */
function createCollation(url: string, { log }: Parts['telemetry']) {
  let done = false
  return async (signal: AbortSignal): Promise<void> => {
    if (!done) done = await migrateIdCollation({ url, log }, signal)
  }
}
