import type { PgBoss } from 'pg-boss'
import type { Clock } from '../concurrency/clock.ts'
import type { Database } from '../storage/database.ts'
import { type Queue, type QueueAdapter, WAKE } from './queue.ts'

/** Seconds between looks for wake-ups that no timer of this process announces. */
const POLL = 0.5

/** Wake-ups taken up at a time. */
const BATCH = 500

/** Milliseconds added to a timer, so that the database's clock has passed the time as well. */
const MARGIN = 5

type Ports = { adapter: QueueAdapter; db: Database; clock: Clock }

/**
 * Wakes destinations when their next retry is due. The jobs are the truth, shared by all workers; this
 * process's own timers only make it look at the right moment instead of at the next poll.
 */
export async function startWakeWorker({
  adapter,
  db,
  clock,
}: Ports): Promise<{ stop(): Promise<void> }> {
  const { boss, queue } = adapter
  const timers = new Set<unknown>()
  const worker = await workOn(boss, queue, db)
  adapter.onWakeLater((seconds) => {
    const timer = clock.setTimeout(
      () => {
        timers.delete(timer)
        boss.notifyWorker(worker)
      },
      seconds * 1_000 + MARGIN,
    )
    timers.add(timer)
  })
  return {
    async stop() {
      adapter.onWakeLater(() => {})
      for (const timer of timers) clock.clearTimeout(timer)
      await boss.offWork(WAKE, { id: worker, wait: true })
    },
  }
}

function workOn(boss: PgBoss, queue: Queue, db: Database): Promise<string> {
  const options = { batchSize: BATCH, pollingIntervalSeconds: POLL }
  return boss.work<{ destinationId: string }, void, typeof options>(WAKE, options, async (jobs) => {
    try {
      const ids = [...new Set(jobs.map(({ data }) => data.destinationId))]
      await db.transaction((tx) => queue.wake(tx, ids))
    } catch (error) {
      // pg-boss writes to the message of what is thrown, and its loop ends for good where that is not possible.
      throw new Error('could not wake destinations', { cause: error })
    }
  })
}
