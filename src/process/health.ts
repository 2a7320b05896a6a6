import { every } from '../concurrency/every.ts'
import { createBacklogReader } from '../delivery/backlog.ts'
import { createFeedWatch, FEED_CHECK_INTERVAL_MS } from '../feed/feed-watch.ts'
import type { Monitoring } from '../server/monitoring.ts'
import { MIGRATIONS, readMigrations } from '../storage/migrations/migration-folder.ts'
import { areApplied } from '../storage/migrations/migrations.ts'
import { lostLines } from '../telemetry/standard-output.ts'
import type { Parts } from './parts.ts'
import { createReadiness } from './readiness.ts'
import type { RunningWorker } from './worker.ts'

/** The current state of a process. */
export interface ProcessState {
  /** Null when this process has no worker. */
  worker: RunningWorker | null
  closing: boolean
}

/** Creates health and metrics from the parts that they report on. */
export async function monitor(
  { feeds, options, storage, telemetry }: Parts,
  state: ProcessState,
  closers: AsyncDisposableStack,
): Promise<Monitoring> {
  const { db, listener } = storage
  const { metrics } = telemetry
  const { attemptFeed, deletionFeed, destinationFeed } = feeds
  const migrations = await readMigrations(MIGRATIONS)
  const ports = { ...storage, ...telemetry }
  const watch = createFeedWatch(ports)
  closers.defer(every(ports, FEED_CHECK_INTERVAL_MS, watch.check).stop)
  metrics.registerGauges({
    feedHeld: () => watch.blocker()?.seconds ?? 0,
    backlog: createBacklogReader(storage),
    pool: db.connections,
    lostLines,
    drains: () => state.worker?.drains() ?? 0,
    subscribers: () => ({
      deliveryAttempted: attemptFeed.subscribers(),
      destinationChanged: destinationFeed.subscribers(),
      destinationDeleted: deletionFeed.subscribers(),
    }),
  })
  const readiness = createReadiness({
    migrations: () => areApplied(db, migrations),
    others: () => ({
      feed: listener.connected() && Object.values(feeds).every((feed) => feed.alive()),
      ...(state.worker && { worker: state.worker.alive() }),
    }),
    feedHeldBy: watch.blocker,
    closing: () => state.closing,
  })
  return { readiness, figures: metrics.read, metricsToken: options.metricsToken ?? null }
}
