import type { PgBoss } from 'pg-boss'
import type { Clock } from '../../concurrency/clock.ts'
import type { DatabaseAdapter } from '../../storage/database.ts'
import type { RetryTransient } from '../../storage/transient-retry.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { bossDatabaseOn, DRAIN_QUEUE, type DrainJob, type Queue } from '../queue.ts'
import type { ControlledTurn } from './turn.ts'

export type JobPorts = {
  boss: PgBoss
  queue: Queue
  db: DatabaseAdapter
  clock: Clock
  retryTransient: RetryTransient
  log: Logger
}

export type DrainOutcome = 'done' | 'more'

export interface Settlement {
  job: DrainJob
  outcome: DrainOutcome
}

/** Deletes the jobs of drains that ended, and queues those with more to do again. Skips jobs that other workers have. */
export async function settleJobs(
  { boss, db, queue, retryTransient }: JobPorts,
  ended: readonly Settlement[],
): Promise<void> {
  const jobs = ended.map(({ job }) => job)
  const unfinished = ended.flatMap(({ job, outcome }) => (outcome === 'more' ? [job.data] : []))
  await retryTransient('settle jobs', async () => {
    if (unfinished.length === 0) return void (await boss.deleteJob(DRAIN_QUEUE, jobs))
    await db.transaction(async (tx) => {
      await boss.deleteJob(DRAIN_QUEUE, jobs, { db: bossDatabaseOn(tx) })
      await queue.wake(tx, unfinished)
    })
  })
}

/** Records a heartbeat for the jobs, and aborts the turns whose jobs other workers have. */
export async function touchJobs(
  { boss, log }: JobPorts,
  turns: readonly ControlledTurn[],
): Promise<void> {
  if (turns.length === 0) return
  try {
    const { settled } = (await boss.touch(
      DRAIN_QUEUE,
      turns.map(({ job }) => job),
    )) as { settled?: string[] }
    if (!settled) return
    const held = new Set(settled)
    for (const turn of turns) if (!held.has(turn.job.id)) turn.lose()
  } catch (error) {
    log.warn({ err: error }, 'could not refresh the hold on jobs')
  }
}
