import { every } from '../concurrency/every.ts'
import { createBacklogReader } from '../delivery/backlog.ts'
import { createFeedWatch, WATCH_EVERY_MS } from '../feed/feed-watch.ts'
import type { Monitoring } from '../server/monitoring.ts'
import { MIGRATIONS, readMigrations } from '../storage/migrations/migration-folder.ts'
import { areApplied } from '../storage/migrations/migrations.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Prometheus } from '../telemetry/prometheus.ts'
import { lostLines } from '../telemetry/standard-output.ts'
import type { Parts } from './parts.ts'
import { createReadiness } from './readiness.ts'
import type { RunningWorker } from './worker.ts'

/** What a process does at the moment. */
export interface ProcessState {
  /** Null while there is none here. */
  worker: RunningWorker | null
  closing: boolean
}

/** Counts what is logged as a warning or an error, so that nobody has to watch the log for it. */
export function countLines(log: Logger, metrics: Metrics): Logger {
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn(fields, message) {
      metrics.logged('warn')
      log.warn(fields, message)
    },
    error(fields, message) {
      metrics.logged('error')
      log.error(fields, message)
    },
  }
}

/** Joins health and metrics to the parts that they report on. `stop` ends the watch over the feeds. */
export async function monitor(
  parts: Parts,
  state: ProcessState,
): Promise<{ monitoring: Monitoring; stop(): Promise<void> }> {
  const { attemptFeed, db, deletionFeed, destinationFeed, listener, options } = parts
  const feeds = [attemptFeed, destinationFeed, deletionFeed]
  const migrations = await readMigrations(MIGRATIONS)
  const prometheus: Prometheus = parts.metrics
  const watch = createFeedWatch(parts)
  const watching = every(parts, WATCH_EVERY_MS, watch.look)
  prometheus.ask({
    feedHeld: () => watch.holder()?.seconds ?? 0,
    backlog: createBacklogReader(parts),
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
      feed: listener.connected() && feeds.every((feed) => feed.alive()),
      ...(state.worker && { worker: state.worker.alive() }),
    }),
    feedHeldBy: watch.holder,
    closing: () => state.closing,
  })
  return {
    monitoring: { readiness, figures: prometheus.read, metricsToken: options.metricsToken ?? null },
    stop: watching.stop,
  }
}
