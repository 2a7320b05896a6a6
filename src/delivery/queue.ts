import { type Clock as BossClock, type Db, PgBoss } from 'pg-boss'
import type { Clock } from '../concurrency/clock.ts'
import type { DatabaseAdapter, Sql } from '../storage/database.ts'
import type { Logger } from '../telemetry/logger.ts'

/** The promise that somebody looks after a destination's due deliveries. */
export interface Queue {
  /**
   * Queues one drain for each destination, in the caller's transaction, and tells the workers when it
   * commits. A destination that already has one queued keeps it.
   * @param options.urgent makes a drain that waits for room on the wire look at once, since what it is to send next
   *   has room: an urgent delivery, or any when the URL or the activation has changed
   */
  wake(tx: Sql, destinationIds: readonly string[], options?: { urgent: boolean }): Promise<void>
  /** The same, at a later time. Times are whole seconds from the transaction's own start. */
  wakeLater(tx: Sql, wakes: readonly { destinationId: string; seconds: number }[]): Promise<void>
  /**
   * Makes drains startable that lie further ahead than any can: the database's clock was set back. Those that
   * were held at that moment show again whether somebody is alive.
   */
  bringForward(tx: Sql): Promise<void>
}

/** One run of the job "drain": the hold on a destination that makes this process its only sender. */
export interface DrainTurn {
  destinationId: string
  /** Aborted when the hold was lost or the worker is closing: start nothing more. */
  signal: AbortSignal
  /** How often this destination was woken since the turn began. */
  wakeups(): number
  /** Resolves when it was woken more than `seen` times, else waits for `otherwise` beside the next wake-up. */
  awake(seen: number, otherwise: () => Promise<void>): Promise<void>
  /** How many of these wake-ups were urgent. */
  urgentWakeups(): number
  /** Resolves when more than `seen` were urgent, else waits for `otherwise` beside the next urgent one. */
  awakeUrgently(seen: number, otherwise: () => Promise<void>): Promise<void>
  /** Asks the database whether this process still has the job. Aborts `signal` before it resolves if it has not. */
  confirmHold(): Promise<void>
}

/** One job a destination with work. `short` keeps one queued for each key, so wake-ups coalesce. */
export const DRAIN = 'drain-destination'
/** Jobs that wait for the time of a retry and then wake its destination. */
export const WAKE = 'wake-destination'

/** Channel of NOTIFY: the payload is destination ids, comma separated. It is a hint; the jobs are the truth. */
export const WAKE_CHANNEL = 'destination_woken'

/** Follows an id in such a payload when the wake-up is urgent. */
export const URGENT_MARK = '!'

/** Ids of one NOTIFY: its payload must stay below 8,000 bytes. */
const IDS_PER_NOTIFY = 200

const DAY = 86_400

/** Times of drains are never ahead. pg-boss's own look for dead workers has a time as well. */
const bringForward = (schema: string) => `
with looked as (
  update ${schema}.queue set monitor_claim_on = null, monitor_on = null
  where name = $1 and greatest(monitor_claim_on, monitor_on) > job_now() + interval '1 minute'
)
update ${schema}.job set
  start_after = least(start_after, job_now()),
  started_on = least(started_on, job_now()),
  heartbeat_on = least(heartbeat_on, job_now())
where name = $1 and state <= 'active'
  and greatest(start_after, started_on, heartbeat_on) > job_now() + interval '1 minute'`

export interface QueueAdapter {
  boss: PgBoss
  queue: Queue
  /** Hears of each job "wake-destination" as it is queued, so that a worker can be on time for it. */
  onWakeLater(hear: (seconds: number) => void): void
}

/** pg-boss over the service's own pool. Any process looks after jobs whose worker died: pg-boss lets one at a time. */
export function createQueue(ports: {
  db: DatabaseAdapter
  clock: Clock
  log: Logger
}): QueueAdapter {
  const { db, clock, log } = ports
  const boss = new PgBoss({
    db: db.forPgBoss,
    schema: db.bossSchema,
    clock: clock as BossClock,
    // Both: the first is how often it looks whether the second has passed since the last look of any process.
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
    // How often jobs that are done with are removed, each after its queue's `deleteAfterSeconds`.
    maintenanceIntervalSeconds: 60,
    schedule: false,
  })
  // Without a listener an error of its own would end the process.
  boss.on('error', (error) => log.error({ err: error }, 'pg-boss failed'))
  boss.on('warning', (warning) => log.warn({ warning }, 'pg-boss warns'))
  let hear: (seconds: number) => void = () => {}

  const queue: Queue = {
    async wake(tx, destinationIds, { urgent } = { urgent: false }) {
      if (destinationIds.length === 0) return
      // In one order for all, since two that wait for each other's rows would be a deadlock.
      const ids = [...new Set(destinationIds)].sort()
      await boss.insert(
        DRAIN,
        ids.map((id) => ({
          data: { destinationId: id },
          singletonKey: id,
          group: { id },
        })),
        { db: bossDatabaseOn(tx) },
      )
      await tx.query('select pg_notify($1, payload) from unnest($2::text[]) as payload', [
        WAKE_CHANNEL,
        notifications(urgent ? ids.map((id) => id + URGENT_MARK) : ids),
      ])
    },
    async wakeLater(tx, wakes) {
      await boss.insert(
        WAKE,
        wakes.map(({ destinationId, seconds }) => ({
          data: { destinationId },
          startAfter: seconds,
        })),
        { db: bossDatabaseOn(tx) },
      )
      for (const { seconds } of wakes) hear(seconds)
    },
    bringForward: async (tx) => void (await tx.query(bringForward(db.bossSchema), [DRAIN])),
  }
  return {
    boss,
    queue,
    onWakeLater: (listener) => {
      hear = listener
    },
  }
}

/** Makes the schema of pg-boss and the two queues where they are missing. Safe in many processes at once. */
export async function startQueue(boss: PgBoss): Promise<void> {
  await boss.start()
  await boss.createQueue(DRAIN, {
    policy: 'short',
    // pg-boss "retries" here only mean that a worker died; the sweep covers what they cannot.
    retryLimit: 1_000,
    retryDelay: 0,
    heartbeatSeconds: 10,
    expireInSeconds: DAY - 1,
    deleteAfterSeconds: 60,
  })
  await boss.createQueue(WAKE, { retryLimit: 1_000, retryDelay: 1, deleteAfterSeconds: 60 })
  // Making a queue has pg-boss forget it, and it would ask for it again when the first job is put there: in the
  // middle of our transaction, for a connection beside it. Those may all be waiting for this very transaction.
  for (const queue of [DRAIN, WAKE]) await boss.findJobs(queue, { id: NO_JOB })
}

const NO_JOB = '00000000-0000-0000-0000-000000000000'

/**
 * Gives back what dead workers held, at once instead of when their signs of life have been missed for long
 * enough. Only for a worker that is alone: from any other it would take the job while it works on it.
 */
export async function releaseActiveJobs({
  db,
  queue,
}: {
  db: DatabaseAdapter
  queue: Queue
}): Promise<void> {
  await db.transaction(async (tx) => {
    const held = await tx.query<{ id: string }>(
      `delete from ${db.bossSchema}.job where name = any($1) and state = 'active'
      returning data ->> 'destinationId' as id`,
      [[DRAIN, WAKE]],
    )
    await queue.wake(tx, [...new Set(held.map(({ id }) => id))])
  })
}

/** What pg-boss runs its statements on, to join a transaction of ours. */
export function bossDatabaseOn(sql: Sql): Db {
  return {
    executeSql: async (text, values) => ({ rows: await sql.query(text, values) }),
  }
}

function notifications(ids: readonly string[]): string[] {
  const payloads: string[] = []
  for (let start = 0; start < ids.length; start += IDS_PER_NOTIFY) {
    payloads.push(ids.slice(start, start + IDS_PER_NOTIFY).join(','))
  }
  return payloads
}
