import type { PgBoss } from 'pg-boss'
import type { Clock } from '../concurrency/clock.ts'
import type { Database } from '../storage/database.ts'
import { type Queue, type QueueAdapter, type QueuedDestination, WAKE_QUEUE } from './queue.ts'

/** Seconds between polls for wake-ups that other processes have queued. */
const POLL_INTERVAL_SECONDS = 0.5

/** Wake-up jobs processed with one transaction. */
const BATCH_SIZE = 500

/** Milliseconds added to each timer, so that the time has passed on the clock of the database as well. */
const TIMER_MARGIN_MS = 5

type Ports = { adapter: QueueAdapter; db: Database; clock: Clock }

/**
 * Wakes destinations when their next retries are due. All workers share the jobs. A timer for each job that this process
 * queues makes it poll on time.
 */
export async function startWakeWorker({
  adapter,
  db,
  clock,
}: Ports): Promise<{ stop(): Promise<void> }> {
  const { boss, queue } = adapter
  const timers = new Set<unknown>()
  const worker = await workOn(boss, queue, db)
  adapter.onWakeLater((delaySeconds) => {
    const timer = clock.setTimeout(
      () => {
        timers.delete(timer)
        boss.notifyWorker(worker)
      },
      delaySeconds * 1_000 + TIMER_MARGIN_MS,
    )
    timers.add(timer)
  })
  return {
    async stop() {
      adapter.onWakeLater(() => {})
      for (const timer of timers) clock.clearTimeout(timer)
      await boss.offWork(WAKE_QUEUE, { id: worker, wait: true })
    },
  }
}

function workOn(boss: PgBoss, queue: Queue, db: Database): Promise<string> {
  const options = { batchSize: BATCH_SIZE, pollingIntervalSeconds: POLL_INTERVAL_SECONDS }
  return boss.work<QueuedDestination, void, typeof options>(WAKE_QUEUE, options, async (jobs) => {
    try {
      await db.transaction((tx) =>
        queue.wake(
          tx,
          jobs.map(({ data }) => data),
        ),
      )
    } catch (error) {
      // pg-boss assigns to the message of the error. If that is not possible, its loop ends permanently.
      throw new Error('could not wake destinations', { cause: error })
    }
  })
}
