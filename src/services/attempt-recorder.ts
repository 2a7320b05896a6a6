import { FAILURE_LIMIT } from '../domain/destination.ts'
import { createGroupCommit } from '../domain/group-commit.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Persist } from './persist.ts'
import type { Database, NewId, Queue, Sql } from './ports.ts'

/** What came of one request, on its way into the history. */
export interface AttemptResult {
  deliveryId: string
  destinationId: string
  organizationId: string
  eventType: string
  /** Attempts recorded when the request was made: the fence that lets each try be recorded once. */
  attemptCount: number
  /** Failed test sends are not counted. */
  test: boolean
  outcome: Outcome
  attemptedAt: Date
  durationMs: number
  /** Seconds from now to the next attempt if this one failed, null when it was the last. */
  retryDelay: number | null
}

export interface AttemptRecorder {
  /**
   * Resolves once the result is committed, or is of no use any more because the delivery moved on.
   * @returns whether the destination was seen to be ACTIVE still
   */
  record(result: AttemptResult): Promise<boolean>
  /** Resolves when every result so far is recorded. */
  idle(): Promise<void>
}

type Ports = { db: Database; queue: Queue; newId: NewId; persist: Persist }

/** Results of one commit. More would only make the others wait. */
const GROUP_SIZE = 500

/** Writes the results of all attempts that end about the same time in one commit. */
export function createAttemptRecorder(ports: Ports): AttemptRecorder {
  const { db, queue, newId, persist } = ports
  const group = createGroupCommit<AttemptResult, boolean>(async (results) => {
    const failed = results.filter(({ outcome }) => outcome.status === 'FAILED')
    const values = columns(results, newId)
    const active = await persist('record attempts', async () => {
      if (failed.length === 0) return activeAfter(await db.query<Recorded>(RECORD, values))
      return db.transaction((tx) => recordWithFailures(tx, failed, values, queue))
    })
    return results.map((result) => ({
      status: 'fulfilled',
      value: active.has(result.destinationId),
    }))
  }, GROUP_SIZE)
  return { record: (result) => group.add(result), idle: () => group.idle() }
}

/**
 * A failure changes its destination as well, so the destinations are locked first and in order: whoever
 * leaves ACTIVE or publishes at that moment comes before or after as a whole.
 * @returns the destinations that are ACTIVE still
 */
async function recordWithFailures(
  tx: Sql,
  failed: readonly AttemptResult[],
  values: readonly unknown[],
  queue: Queue,
): Promise<Set<string>> {
  const destinationIds = [...new Set(failed.map(({ destinationId }) => destinationId))]
  await tx.query('select from destination where id = any($1) order by id for no key update', [
    destinationIds,
  ])
  const recorded = await tx.query<Recorded>(RECORD, values)
  const failures = recorded.filter(({ succeeded }) => !succeeded)
  const disabled = await countFailures(tx, failures)
  if (disabled.length > 0) await cancelWaiting(tx, disabled)
  const retries = failures.flatMap(({ destinationId, retryDelay }) =>
    retryDelay === null || disabled.includes(destinationId)
      ? []
      : [{ destinationId, seconds: retryDelay }],
  )
  if (retries.length > 0) await queue.wakeLater(tx, retries)
  return activeAfter(recorded, disabled)
}

const activeAfter = (recorded: readonly Recorded[], disabled: readonly string[] = []) =>
  new Set(
    recorded.flatMap(({ destinationId, active }) =>
      active && !disabled.includes(destinationId) ? [destinationId] : [],
    ),
  )

interface Recorded {
  destinationId: string
  /** Whether the destination was ACTIVE at that moment. */
  active: boolean
  succeeded: boolean
  /** Whether a failure is one of those that disable the destination. */
  counts: boolean
  /** Null when the delivery has ended with this attempt. */
  retryDelay: number | null
}

/**
 * Records attempts and moves their deliveries on, in one statement. A result whose delivery has been
 * attempted otherwise since, or is gone, is left out: the attempt number is taken from the delivery, so
 * numbers have neither gap nor duplicate. Answers what it recorded.
 */
const RECORD = `
with result as (
  select * from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bool[], $8::timestamptz[],
    $9::int[], $10::int[], $11::text[], $12::text[], $13::text[], $14::int[]
  ) as result (
    id, delivery_id, destination_id, organization_id, event_type, attempt_count, succeeded, attempted_at,
    duration_ms, response_code, response_body, failure_code, failure_message, retry_delay
  )
), target as (
  select delivery.id, destination.status as destination_status
  from delivery join destination on destination.id = delivery.destination_id
  where delivery.id in (select delivery_id from result)
  order by delivery.id
  for no key update of delivery
), moved as (
  update delivery set
    attempt_count = delivery.attempt_count + 1,
    status = case
      when succeeded then 'SUCCEEDED'
      when delivery.status <> 'PENDING' then delivery.status
      when retry_delay is null then 'FAILED'
      when destination_status <> 'ACTIVE' then 'CANCELED'
      else 'PENDING'
    end::delivery_status,
    due_at = case
      when not succeeded and delivery.status = 'PENDING' and destination_status = 'ACTIVE'
      then pgboss.job_now() + make_interval(secs => retry_delay)
    end,
    completed_at = case
      when succeeded or (
        delivery.status = 'PENDING' and (retry_delay is null or destination_status <> 'ACTIVE')
      ) then pgboss.job_now()
      else delivery.completed_at
    end
  from result join target on target.id = result.delivery_id
  where delivery.id = result.delivery_id and delivery.attempt_count = result.attempt_count
  returning
    result.*, delivery.attempt_count as number, delivery.status as delivery_status, delivery.test,
    destination_status
), logged as (
  insert into delivery_attempt (
    id, delivery_id, destination_id, organization_id, event_type, number, status, attempted_at,
    duration_ms, response_code, response_body, failure_code, failure_message
  )
  select
    id, delivery_id, destination_id, organization_id, event_type, number,
    (case when succeeded then 'SUCCEEDED' else 'FAILED' end)::attempt_status, attempted_at,
    duration_ms, response_code, response_body, failure_code, failure_message
  from moved
  returning pg_notify('attempt_recorded', '')
)
select
  destination_id as "destinationId", destination_status = 'ACTIVE' as active, succeeded,
  not test as counts, case when delivery_status = 'PENDING' then retry_delay end as "retryDelay"
from moved`

function columns(results: readonly AttemptResult[], newId: NewId): unknown[] {
  const of = <Value>(value: (result: AttemptResult) => Value) => results.map(value)
  const failure = ({ outcome }: AttemptResult) =>
    outcome.status === 'FAILED' ? outcome.failure : null
  return [
    of(() => newId('att')),
    of((one) => one.deliveryId),
    of((one) => one.destinationId),
    of((one) => one.organizationId),
    of((one) => one.eventType),
    of((one) => one.attemptCount),
    of((one) => one.outcome.status === 'SUCCEEDED'),
    of((one) => one.attemptedAt),
    of((one) => one.durationMs),
    of((one) => one.outcome.responseCode),
    of((one) => one.outcome.responseBody),
    of((one) => failure(one)?.code ?? null),
    of((one) => failure(one)?.message ?? null),
    of((one) => one.retryDelay),
  ]
}

/** Adds the failures to their destinations' counts; the caller holds their locks. Answers those that this disabled. */
async function countFailures(tx: Sql, failures: readonly Recorded[]): Promise<string[]> {
  const counted = failures.filter(({ counts }) => counts)
  if (counted.length === 0) return []
  const rows = await tx.query<{ id: string }>(
    `with counted as (
      update destination set
        failure_count = failure_count + failures,
        status = (case when reached then 'DISABLED' else status::text end)::destination_status,
        disabled_at = case when reached then pgboss.job_now() else disabled_at end,
        updated_at = case when reached then pgboss.job_now() else updated_at end
      from (
        select destination.id, failures,
          status = 'ACTIVE' and failure_count + failures >= $2 as reached
        from (select id, count(*)::int as failures from unnest($1::text[]) as id group by id) as failed
        join destination on destination.id = failed.id
      ) as failure
      where destination.id = failure.id
      returning destination.id, reached
    )
    select id from counted where reached`,
    [counted.map(({ destinationId }) => destinationId), FAILURE_LIMIT],
  )
  return rows.map(({ id }) => id)
}

/**
 * Ends what still waits for destinations that are not ACTIVE any more. The caller holds their rows' locks.
 * Test sends go out whatever the status, so they stay.
 */
export async function cancelWaiting(tx: Sql, destinationIds: readonly string[]): Promise<void> {
  await tx.query(
    `update delivery set status = 'CANCELED', due_at = null, completed_at = pgboss.job_now()
    where id in (
      select id from delivery
      where destination_id = any($1) and status = 'PENDING' and not test
      order by id for no key update
    )`,
    [destinationIds],
  )
}
