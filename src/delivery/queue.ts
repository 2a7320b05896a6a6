import { type Clock as BossClock, type Db, type Job, PgBoss } from 'pg-boss'
import type { Clock } from '../concurrency/clock.ts'
import { CHANNELS } from '../storage/channels.ts'
import type { DatabaseAdapter, Sql } from '../storage/database.ts'
import type { Logger } from '../telemetry/logger.ts'

/** Schedules the draining of destinations, in the transaction that makes their deliveries due. */
export interface Queue {
  /**
   * Queues one drain job for each destination and notifies the workers when the transaction commits. A destination that
   * has a queued job keeps it.
   * @param options.urgent makes a running drain read due deliveries at once instead of after the next result. Set it for
   *   urgent deliveries, and when a new URL or activation frees the concurrency limit
   */
  wake(
    tx: Sql,
    destinations: readonly QueuedDestination[],
    options?: { urgent: boolean },
  ): Promise<void>
  /** Does the same after a delay of whole seconds, counted from the start of the transaction. */
  wakeLater(tx: Sql, wakeups: readonly DelayedWakeup[]): Promise<void>
  /**
   * Makes drain jobs due whose times are in the future because the clock of the database was set back. Jobs of dead
   * workers expire again.
   */
  bringForward(tx: Sql): Promise<void>
}

/** A destination that has work. Jobs of releases before 1.0 do not have its organization. */
export interface QueuedDestination {
  destinationId: string
  organizationId?: string | null | undefined
}

interface DelayedWakeup extends QueuedDestination {
  delaySeconds: number
}

/** The queue with one job for each destination that has work. Policy `short`: at most one queued job for a key. */
export const DRAIN_QUEUE = 'drain-destination'
/** A job of this queue. */
export type DrainJob = Pick<Job<QueuedDestination>, 'id' | 'data' | 'retryCount'>

/** The queue of jobs that wake a destination when its next retry is due. */
export const WAKE_QUEUE = 'wake-destination'

/** Follows the id of a destination in a notification when the wake-up is urgent. */
export const URGENT_MARK = '!'

/** Ids in one notification, whose payload must be shorter than 8,000 bytes. */
const IDS_PER_NOTIFICATION = 200

/** A drain job expires in a day: its heartbeat detects a dead worker long before. */
const EXPIRE_SECONDS = 86_399

/** A job without a heartbeat for this long goes to another worker. */
const HEARTBEAT_LIMIT_SECONDS = 10

/** Seconds until pg-boss deletes a finished job, and between its deletions. */
const DELETE_AFTER_SECONDS = 60
const MAINTENANCE_INTERVAL_SECONDS = 60

/** Seconds between pg-boss's checks for jobs of dead workers. */
const MONITOR_INTERVAL_SECONDS = 1

/** How often pg-boss gives a job of a dead worker to another one. */
const MAX_JOB_RETRIES = 1_000

export interface QueueAdapter {
  boss: PgBoss
  queue: Queue
  /** Sets the callback that receives the delay of each job of `WAKE_QUEUE` when it is queued. */
  onWakeLater(callback: (delaySeconds: number) => void): void
}

type Ports = { db: DatabaseAdapter; clock: Clock; log: Logger }

/** Runs pg-boss over the pool of the service. In every process, it gives the jobs of dead workers to other workers. */
export function createQueue(ports: Ports): QueueAdapter {
  const boss = createBoss(ports)
  const { bossSchema } = ports.db
  let onWakeLater: (delaySeconds: number) => void = () => {}
  const queue: Queue = {
    wake: (tx, destinations, options) => wake({ boss, tx }, destinations, options),
    async wakeLater(tx, wakeups) {
      await boss.insert(
        WAKE_QUEUE,
        wakeups.map(({ destinationId, organizationId, delaySeconds }) => ({
          data: { destinationId, organizationId },
          startAfter: delaySeconds,
        })),
        { db: bossDatabaseOn(tx) },
      )
      for (const { delaySeconds } of wakeups) onWakeLater(delaySeconds)
    },
    bringForward: async (tx) => void (await tx.query(bringForward(bossSchema), [DRAIN_QUEUE])),
  }
  return {
    boss,
    queue,
    onWakeLater(callback) {
      onWakeLater = callback
    },
  }
}

function createBoss({ db, clock, log }: Ports): PgBoss {
  const boss = new PgBoss({
    db: db.forPgBoss,
    schema: db.bossSchema,
    clock: clock as BossClock,
    // The first is how often each process asks whether the second has passed since the last check of any process.
    superviseIntervalSeconds: MONITOR_INTERVAL_SECONDS,
    monitorIntervalSeconds: MONITOR_INTERVAL_SECONDS,
    maintenanceIntervalSeconds: MAINTENANCE_INTERVAL_SECONDS,
    schedule: false,
  })
  // An 'error' event without a listener would end the process.
  boss.on('error', (error) => log.error({ err: error }, 'pg-boss failed'))
  boss.on('warning', (warning) => log.warn({ warning }, 'pg-boss warns'))
  return boss
}

async function wake(
  { boss, tx }: { boss: PgBoss; tx: Sql },
  destinations: readonly QueuedDestination[],
  { urgent } = { urgent: false },
): Promise<void> {
  if (destinations.length === 0) return
  const organizations = new Map(
    destinations.map(({ destinationId, organizationId }) => [destinationId, organizationId]),
  )
  // All transactions insert in one order, so that two of them cannot deadlock.
  const ids = [...organizations.keys()].sort()
  await boss.insert(
    DRAIN_QUEUE,
    ids.map((id) => {
      const organizationId = organizations.get(id)
      return {
        data: { destinationId: id, organizationId },
        singletonKey: id,
        // One job of a group is fetched at a time. `fetchOthers` selects by the tier.
        group: organizationId ? { id, tier: organizationId } : { id },
      }
    }),
    { db: bossDatabaseOn(tx) },
  )
  await tx.query('select pg_notify($1, payload) from unnest($2::text[]) as payload', [
    CHANNELS.destinationWoken,
    payloadsOf(urgent ? ids.map((id) => id + URGENT_MARK) : ids),
  ])
}

function payloadsOf(ids: readonly string[]): string[] {
  const payloads: string[] = []
  for (let start = 0; start < ids.length; start += IDS_PER_NOTIFICATION) {
    payloads.push(ids.slice(start, start + IDS_PER_NOTIFICATION).join(','))
  }
  return payloads
}

/** Makes pg-boss run its statements on `sql`, so that they join a transaction of the service. */
export function bossDatabaseOn(sql: Sql): Db {
  return {
    executeSql: async (text, values) => ({ rows: await sql.query(text, values) }),
  }
}

/** Also resets the times of pg-boss's own checks, which are in the future as well. Drain jobs never have later times. */
const bringForward = (schema: string) => `
with checked as (
  update ${schema}.queue set monitor_claim_on = null, monitor_on = null
  where name = $1 and greatest(monitor_claim_on, monitor_on) > ${schema}.job_now() + interval '1 minute'
)
update ${schema}.job set
  start_after = least(start_after, ${schema}.job_now()),
  started_on = least(started_on, ${schema}.job_now()),
  heartbeat_on = least(heartbeat_on, ${schema}.job_now())
where name = $1 and state <= 'active'
  and greatest(start_after, started_on, heartbeat_on) > ${schema}.job_now() + interval '1 minute'`

/**
 * Fetches jobs as pg-boss does, but none of some organizations. pg-boss can exclude groups, which are destinations here.
 * @param except ids of organizations
 */
export const fetchOthers = (
  db: DatabaseAdapter,
  limit: number,
  except: readonly string[],
): Promise<DrainJob[]> => db.query(fetchOthersSql(db.bossSchema), [DRAIN_QUEUE, limit, except])

/** A destination can have two queued jobs, one of them of a dead worker: only one is fetched. */
const fetchOthersSql = (schema: string) => `
with other as (
  select id, group_id from ${schema}.job
  where name = $1 and state < 'active' and not blocked and start_after <= ${schema}.job_now()
    and coalesce(group_tier, '') <> all($3) and not exists (
      select from ${schema}.job as active
      where active.name = $1 and active.state = 'active' and active.group_id = job.group_id
    )
  order by priority desc, created_on
  limit $2
  for update skip locked
)
update ${schema}.job set
  state = 'active', started_on = ${schema}.job_now(), heartbeat_on = ${schema}.job_now(),
  retry_count = case when started_on is null then retry_count else retry_count + 1 end
where name = $1 and id = any (array(select distinct on (group_id) id from other order by group_id))
returning id, name, data, retry_count as "retryCount"`

/** Creates the schema of pg-boss and the two queues where they are missing. Several processes may call it at once. */
export async function startQueue(boss: PgBoss): Promise<void> {
  await boss.start()
  await boss.createQueue(DRAIN_QUEUE, {
    policy: 'short',
    // A "retry" of pg-boss means only that a worker died. Deliveries are retried by `domain/backoff.ts`.
    retryLimit: MAX_JOB_RETRIES,
    retryDelay: 0,
    heartbeatSeconds: HEARTBEAT_LIMIT_SECONDS,
    expireInSeconds: EXPIRE_SECONDS,
    deleteAfterSeconds: DELETE_AFTER_SECONDS,
  })
  await boss.createQueue(WAKE_QUEUE, {
    retryLimit: MAX_JOB_RETRIES,
    retryDelay: 1,
    deleteAfterSeconds: DELETE_AFTER_SECONDS,
  })
  // createQueue clears pg-boss's cache of queues. Without this, the first insert would read them on a second connection,
  // while all connections may be waiting for the transaction of that insert.
  for (const queue of [DRAIN_QUEUE, WAKE_QUEUE]) await boss.findJobs(queue, { id: NO_JOB_ID })
}

const NO_JOB_ID = '00000000-0000-0000-0000-000000000000'

/**
 * Queues the active jobs of dead workers again at once, without waiting for their heartbeats to expire. Call it only when
 * no other worker is running: it would take the jobs of that worker as well.
 */
export async function releaseActiveJobs({
  db,
  queue,
}: {
  db: DatabaseAdapter
  queue: Queue
}): Promise<void> {
  await db.transaction(async (tx) => {
    const released = await tx.query<QueuedDestination>(
      `delete from ${db.bossSchema}.job where name = any($1) and state = 'active'
      returning data ->> 'destinationId' as "destinationId", data ->> 'organizationId' as "organizationId"`,
      [[DRAIN_QUEUE, WAKE_QUEUE]],
    )
    await queue.wake(tx, released)
  })
}
