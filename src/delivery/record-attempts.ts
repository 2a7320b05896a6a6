import type { Outcome } from '../domain/outcome.ts'
import { CHANNELS } from '../storage/channels.ts'
import type { Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import { defineRowSet } from '../storage/row-set.ts'
import type { DeliveryOutcome } from '../telemetry/metrics.ts'

/** The result of one attempt, before it is recorded. */
export interface AttemptResult {
  deliveryId: string
  destinationId: string
  organizationId: string
  eventType: string
  /** Attempts recorded when the request was made. A result is recorded only while this is still the count. */
  attemptCount: number
  /** The number of the destination's activation under which the attempt began. A failure counts for that one alone. */
  activation: number
  /** Whether it was a test send, whose failure does not count. */
  test: boolean
  outcome: Outcome
  /** Where the request was sent; null when nothing was sent. */
  url: string | null
  attemptedAt: Date
  /** Milliseconds from when the attempt was due until it began. */
  waitedMs: number
  durationMs: number
  /** Attempts recorded before the current schedule began. */
  attemptBase: number
  /** Seconds until the next attempt if this one failed; null when it was the last. */
  retryDelay: number | null
  /** The same if deliveryRetry restarted the schedule during the attempt, which is then the first of the new schedule. */
  restartedDelay: number | null
}

/** An attempt that was recorded. */
export interface RecordedAttempt {
  deliveryId: string
  destinationId: string
  /** Whether the destination was ACTIVE at that moment. */
  active: boolean
  /** Whether a failure counts towards disabling the destination: no test send, and begun under the current activation. */
  counts: boolean
  /** Seconds until the next attempt; null when the delivery has ended. */
  retryDelay: number | null
  /** The status with which this attempt ended the delivery. Null if the delivery continues, or had already ended. */
  ended: DeliveryOutcome | null
}

interface Row {
  id: string
  result: AttemptResult
}

const failureOf = ({ result: { outcome } }: Row) =>
  outcome.status === 'FAILED' ? outcome.failure : null

const RESULTS = defineRowSet<Row>('result', {
  id: ['text', ({ id }) => id],
  delivery_id: ['text', ({ result }) => result.deliveryId],
  destination_id: ['text', ({ result }) => result.destinationId],
  organization_id: ['text', ({ result }) => result.organizationId],
  event_type: ['text', ({ result }) => result.eventType],
  attempt_count: ['int', ({ result }) => result.attemptCount],
  succeeded: ['bool', ({ result }) => result.outcome.status === 'SUCCEEDED'],
  attempted_at: ['timestamptz', ({ result }) => result.attemptedAt],
  duration_ms: ['int', ({ result }) => result.durationMs],
  response_code: ['int', ({ result }) => result.outcome.responseCode],
  response_body: ['text', ({ result }) => result.outcome.responseBody],
  failure_code: ['text', (row) => failureOf(row)?.code ?? null],
  failure_message: ['text', (row) => failureOf(row)?.message ?? null],
  attempt_base: ['int', ({ result }) => result.attemptBase],
  planned_delay: ['int', ({ result }) => result.retryDelay],
  restarted_delay: ['int', ({ result }) => result.restartedDelay],
  url: ['text', ({ result }) => result.url],
  activation: ['int', ({ result }) => result.activation],
})

/**
 * Inserts attempts and updates their deliveries in one statement, so that attempt numbers have neither gaps nor duplicates.
 * Skips a result whose delivery was deleted or has another attempt under the same number. Drops the response body of an
 * erased event: `delivery.erased` is read after the row is locked, so it is current.
 * @returns the attempts that were recorded
 */
export const recordAttempts = (
  sql: Sql,
  results: readonly AttemptResult[],
  newId: NewId,
): Promise<RecordedAttempt[]> =>
  sql.query(RECORD, RESULTS.values(results.map((result) => ({ id: newId('att'), result }))))

const RECORD = `
with result as (
  select * from ${RESULTS.sql}
), target as (
  select result.*, delivery.status as status_before, destination.status as destination_status,
    destination.activation = result.activation as under_this_activation,
    case when delivery.attempt_base = result.attempt_base then planned_delay else restarted_delay end
      as retry_delay
  from result
  join delivery on delivery.id = result.delivery_id
  join destination on destination.id = delivery.destination_id
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
      then service_now() + make_interval(secs => retry_delay)
    end,
    completed_at = case
      when succeeded or (
        delivery.status = 'PENDING' and (retry_delay is null or destination_status <> 'ACTIVE')
      ) then service_now()
      else delivery.completed_at
    end
  from target
  where delivery.id = target.delivery_id and delivery.attempt_count = target.attempt_count
  returning
    target.*, delivery.attempt_count as number, delivery.status as delivery_status, delivery.test,
    delivery.erased
), logged as (
  insert into delivery_attempt (
    id, delivery_id, destination_id, organization_id, event_type, number, url, status, attempted_at,
    duration_ms, response_code, response_body, failure_code, failure_message
  )
  select
    id, delivery_id, destination_id, organization_id, event_type, number, url,
    (case when succeeded then 'SUCCEEDED' else 'FAILED' end)::attempt_status, attempted_at,
    duration_ms, response_code, case when not erased then response_body end, failure_code, failure_message
  from moved
  returning pg_notify('${CHANNELS.attemptRecorded}', '')
)
select
  delivery_id as "deliveryId", destination_id as "destinationId",
  destination_status = 'ACTIVE' as active, not test and under_this_activation as counts,
  case when delivery_status = 'PENDING' then retry_delay end as "retryDelay",
  case when delivery_status not in ('PENDING', status_before) then delivery_status end as ended
from moved`
