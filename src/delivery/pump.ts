import type { Job, PgBoss } from 'pg-boss'
import { createBell } from '../concurrency/bell.ts'
import { type Clock, pause } from '../concurrency/clock.ts'
import { createGroupCommit } from '../concurrency/group-commit.ts'
import type { Database } from '../storage/database.ts'
import type { Listener } from '../storage/listener.ts'
import type { RetryTransient } from '../storage/transient-retry.ts'
import type { Logger } from '../telemetry/logger.ts'
import {
  bossDatabaseOn,
  DRAIN,
  type DrainTurn,
  type Queue,
  URGENT_MARK,
  WAKE_CHANNEL,
} from './queue.ts'

/** Destinations drained at a time by one process. */
const SLOTS = 200

/** Milliseconds between looks for jobs when no notification comes. */
const POLL = 500

/** Milliseconds without a look that worked, after which it does not look any more. */
const SILENT = 5_000

/** Milliseconds between signs of life; a job without one for 10 s goes to another worker. */
const HEARTBEAT = 3_000

/** Milliseconds after which a handler that failed is run again, doubling. */
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 30_000
/** The same while the database is away: it may be back any moment. */
const LONGEST_OUTAGE_PAUSE = 1_000

type Ports = {
  boss: PgBoss
  queue: Queue
  db: Database
  listener: Listener
  retryTransient: RetryTransient
  clock: Clock
  log: Logger
}
type DrainJob = Job<{ destinationId: string }>
type End = 'done' | 'more'

/** Drains one destination; see the job "drain-destination". */
export type DrainHandler = (turn: DrainTurn) => Promise<End>

export interface DrainPump {
  /** How many destinations this process is draining. */
  active(): number
  /** Whether it looks for jobs, and can. */
  alive(): boolean
  /** Starts no more, lets what is on the wire end, and hands the rest back to the queue. */
  stop(): Promise<void>
}

/** Fetches jobs as long as there are free slots, and runs the handler in each. */
export async function startDrainPump(ports: Ports, handler: DrainHandler): Promise<DrainPump> {
  const { boss, clock, log } = ports
  const runs = new Map<string, Run>()
  let closing = false
  let looked = clock.now()
  const bell = createBell(clock)
  const settle = createSettlement(ports)
  const confirm = createGroupCommit<Run, void>(async (asking) => {
    await touch(ports, asking)
    return asking.map(() => ({ status: 'fulfilled', value: undefined }))
  }, SLOTS)

  const unlisten = await ports.listener.listen(WAKE_CHANNEL, (payload) => {
    // Without ids some notifications may have been missed, so everybody looks.
    const ids = payload === '' ? [...runs.keys(), ''] : payload.split(',')
    for (const entry of ids) {
      const marked = entry.endsWith(URGENT_MARK)
      const run = runs.get(marked ? entry.slice(0, -URGENT_MARK.length) : entry)
      if (run) run.wake({ urgent: marked || payload === '' })
      else bell.ring()
    }
  })

  async function drain(job: DrainJob): Promise<void> {
    const run = createRun(job, confirm.add)
    const { destinationId } = run.turn
    const before = runs.get(destinationId)
    runs.set(destinationId, run)
    // The hold was lost and came back before this process noticed: the old drain ends first.
    before?.lose()
    await before?.ended
    try {
      const end = await runUntilItWorks(ports, run.turn, handler)
      if (!run.lost()) await settle.add({ job, end })
      if (end === 'more' || run.turn.wakeups() > 0 || runs.size === SLOTS) bell.ring()
    } catch (error) {
      log.error(
        { err: error, destinationId },
        'could not settle a drain, its job will be taken up again',
      )
    } finally {
      if (runs.get(destinationId) === run) runs.delete(destinationId)
      run.end()
    }
  }

  const draining = new Set<Promise<void>>()
  async function fetchForever(): Promise<void> {
    while (!closing) {
      const heard = bell.rings()
      const free = SLOTS - runs.size
      try {
        // The group is the destination, so one that is drained anywhere is passed over.
        const options = { batchSize: free, groupConcurrency: 1 }
        const jobs = free > 0 ? await boss.fetch<{ destinationId: string }>(DRAIN, options) : []
        looked = clock.now()
        for (const job of jobs) {
          const ended = drain(job)
            .catch((error: unknown) => log.error({ err: error }, 'could not begin a drain'))
            .finally(() => draining.delete(ended))
          draining.add(ended)
        }
      } catch (error) {
        log.warn({ err: error }, 'could not fetch jobs')
      }
      await bell.wait(heard, POLL)
    }
  }

  const heartbeat = clock.setInterval(() => void touch(ports, [...runs.values()]), HEARTBEAT)
  const fetching = fetchForever()
  return {
    active: () => runs.size,
    alive: () => !closing && clock.now() - looked < SILENT,
    async stop() {
      const stopAll = () => {
        for (const run of runs.values()) run.stop()
      }
      closing = true
      bell.ring()
      stopAll()
      await unlisten()
      await fetching
      // Those that the last fetch has started.
      stopAll()
      await Promise.all(draining)
      clock.clearInterval(heartbeat)
    },
  }
}

interface Run {
  job: DrainJob
  turn: DrainTurn
  wake(options: { urgent: boolean }): void
  /** Lets it start nothing more. */
  stop(): void
  /** The same, since another worker has the job now. */
  lose(): void
  lost(): boolean
  end(): void
  ended: Promise<void>
}

function createRun(job: DrainJob, confirmHold: (run: Run) => Promise<void>): Run {
  const over = new AbortController()
  let lost = false
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const all = createWakeups()
  const urgent = createWakeups()
  const run: Run = {
    job,
    turn: {
      destinationId: job.data.destinationId,
      signal: over.signal,
      wakeups: all.count,
      awake: all.await,
      urgentWakeups: urgent.count,
      awakeUrgently: urgent.await,
      confirmHold: () => confirmHold(run),
    },
    wake(options) {
      all.add()
      if (options.urgent) urgent.add()
    },
    stop: () => over.abort(),
    lose() {
      lost = true
      over.abort()
    },
    lost: () => lost,
    end,
    ended,
  }
  return run
}

/** Counts wake-ups and resolves what waits for the next one. */
function createWakeups() {
  let count = 0
  let next = Promise.withResolvers<void>()
  return {
    count: () => count,
    async await(seen: number, otherwise: () => Promise<void>): Promise<void> {
      if (count <= seen) await Promise.race([next.promise, otherwise()])
    },
    add(): void {
      count += 1
      next.resolve()
      next = Promise.withResolvers()
    },
  }
}

async function runUntilItWorks(
  { db, clock, log }: Ports,
  turn: DrainTurn,
  handler: DrainHandler,
): Promise<End> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await handler(turn)
    } catch (error) {
      if (turn.signal.aborted) return 'more'
      const outage = db.isTransient(error)
      const longest = outage ? LONGEST_OUTAGE_PAUSE : LONGEST_PAUSE
      const wait = Math.min(FIRST_PAUSE * 2 ** failures, longest)
      const { destinationId } = turn
      log.error({ err: error, destinationId, wait }, 'a drain failed, trying again')
      await pause(clock, wait, turn.signal)
    }
  }
}

/** Ends the jobs of the drains that end about the same time. Jobs taken over by another worker are left alone. */
function createSettlement({ boss, db, queue, retryTransient }: Ports) {
  return createGroupCommit<{ job: DrainJob; end: End }, void>(async (ended) => {
    const jobs = ended.map(({ job }) => job)
    const more = ended.filter(({ end }) => end === 'more')
    await retryTransient('settle jobs', async () => {
      if (more.length === 0) return void (await boss.deleteJob(DRAIN, jobs))
      await db.transaction(async (tx) => {
        await boss.deleteJob(DRAIN, jobs, { db: bossDatabaseOn(tx) })
        const ids = more.map(({ job }) => job.data.destinationId)
        await queue.wake(tx, ids)
      })
    })
    return ended.map(() => ({ status: 'fulfilled', value: undefined }))
  }, SLOTS)
}

/** Shows that the jobs are held, and finds those that are not any more. */
async function touch({ boss, log }: Ports, runs: readonly Run[]): Promise<void> {
  if (runs.length === 0) return
  try {
    const { settled } = (await boss.touch(
      DRAIN,
      runs.map(({ job }) => job),
    )) as { settled?: string[] }
    if (!settled) return
    const held = new Set(settled)
    for (const run of runs) if (!held.has(run.job.id)) run.lose()
  } catch (error) {
    log.warn({ err: error }, 'could not refresh the hold on jobs')
  }
}
