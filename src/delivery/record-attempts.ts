import type { Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { DeliveryOutcome } from '../telemetry/metrics.ts'
import type { AttemptResult } from './record.ts'

/** What recording a result changed. */
export interface Recorded {
  deliveryId: string
  destinationId: string
  /** Whether the destination was ACTIVE at that moment. */
  active: boolean
  /** Whether a failure is one of those that disable the destination: no test send, and begun since it was activated. */
  counts: boolean
  /** Null when the delivery has ended with this attempt. */
  retryDelay: number | null
  /** How the delivery has ended with this attempt; null when it goes on, or had ended before. */
  ended: DeliveryOutcome | null
}

/**
 * Records attempts and moves their deliveries on, in one statement. A result whose delivery has been
 * attempted otherwise since, or is gone, is left out: the attempt number is taken from the delivery, so
 * numbers have neither gap nor duplicate. What a receiver answered to an erased event is left out, by a mark
 * on the delivery: being locked, it is read as it stands now, and not as it stood when the statement began.
 * Answers what it recorded.
 */
export const recordAttempts = (
  sql: Sql,
  results: readonly AttemptResult[],
  newId: NewId,
): Promise<Recorded[]> => sql.query<Recorded>(RECORD, columns(results, newId))

const RECORD = `
with result as (
  select * from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bool[], $8::timestamptz[],
    $9::int[], $10::int[], $11::text[], $12::text[], $13::text[], $14::int[], $15::int[], $16::int[],
    $17::text[], $18::int[]
  ) as result (
    id, delivery_id, destination_id, organization_id, event_type, attempt_count, succeeded, attempted_at,
    duration_ms, response_code, response_body, failure_code, failure_message, attempt_base, planned_delay,
    restarted_delay, url, activation
  )
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
      then job_now() + make_interval(secs => retry_delay)
    end,
    completed_at = case
      when succeeded or (
        delivery.status = 'PENDING' and (retry_delay is null or destination_status <> 'ACTIVE')
      ) then job_now()
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
  returning pg_notify('attempt_recorded', '')
)
select
  delivery_id as "deliveryId", destination_id as "destinationId",
  destination_status = 'ACTIVE' as active, not test and under_this_activation as counts,
  case when delivery_status = 'PENDING' then retry_delay end as "retryDelay",
  case when delivery_status not in ('PENDING', status_before) then delivery_status end as ended
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
    of((one) => one.attemptBase),
    of((one) => one.retryDelay),
    of((one) => one.restartedDelay),
    of((one) => one.url),
    of((one) => one.activation),
  ]
}
