import { FAILURE_LIMIT } from '../domain/destination.ts'
import { INSERT_AUDIT_ENTRIES } from '../storage/audit-entry.ts'
import type { Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import { defineRowSet } from '../storage/row-set.ts'
import type { CancelBatch } from './cancel.ts'
import type { Queue } from './queue.ts'
import type { AttemptResult } from './record-attempts.ts'
import { type RecordedAttempt, recordAttempts } from './record-attempts.ts'

interface RecordedFailures {
  recorded: readonly RecordedAttempt[]
  /** The destinations that these failures disabled. */
  disabled: readonly string[]
  /** Those of them that still have deliveries to cancel. */
  uncanceled: readonly string[]
}

/**
 * Records failed attempts, counts them, disables destinations that reach the limit, cancels their waiting deliveries and
 * schedules the retries of the others. Locks the destinations first, by ascending id, so that a publication or a change
 * of status commits entirely before or after.
 */
export async function recordFailures(
  { cancelBatch, newId, queue }: { cancelBatch: CancelBatch; newId: NewId; queue: Queue },
  tx: Sql,
  results: readonly AttemptResult[],
): Promise<RecordedFailures> {
  const destinationIds = [...new Set(results.map(({ destinationId }) => destinationId))]
  await tx.query('select from destination where id = any($1) order by id for no key update', [
    destinationIds,
  ])
  const recorded = await recordAttempts(tx, results, newId)
  const ownFaults = new Set(
    results.flatMap(({ deliveryId, outcome }) =>
      outcome.status === 'FAILED' && outcome.failure.isOwnFault ? [deliveryId] : [],
    ),
  )
  const failed = recorded.filter(({ deliveryId }) => !ownFaults.has(deliveryId))
  const disabled = await countFailures({ tx, newId }, failed)
  const hasMore = disabled.length > 0 && (await cancelBatch(disabled))
  const organizations = new Map(
    results.map((result) => [result.destinationId, result.organizationId]),
  )
  const retries = recorded.flatMap(({ destinationId, retryDelay }) =>
    retryDelay === null || disabled.includes(destinationId)
      ? []
      : [
          {
            destinationId,
            organizationId: organizations.get(destinationId),
            delaySeconds: retryDelay,
          },
        ],
  )
  if (retries.length > 0) await queue.wakeLater(tx, retries)
  return { recorded, disabled, uncanceled: hasMore ? disabled : [] }
}

interface CountedFailure {
  destinationId: string
  /** The id of the audit entry that is written if this failure disables the destination. */
  entryId: string
}

const FAILURES = defineRowSet<CountedFailure>('failed', {
  id: ['text', ({ destinationId }) => destinationId],
  entry_id: ['text', ({ entryId }) => entryId],
})

/**
 * Adds the failures to the counts of their destinations, which the caller has locked.
 * @returns the ids of the destinations that this disabled
 */
async function countFailures(
  { tx, newId }: { tx: Sql; newId: NewId },
  recorded: readonly RecordedAttempt[],
): Promise<string[]> {
  const failures = recorded
    .filter(({ counts }) => counts)
    .map(({ destinationId }) => ({ destinationId, entryId: newId('aud') }))
  if (failures.length === 0) return []
  const rows = await tx.query<{ id: string }>(COUNT, [...FAILURES.values(failures), FAILURE_LIMIT])
  return rows.map(({ id }) => id)
}

const COUNT = `
with counted as (
  update destination set
    failure_count = failure_count + failures,
    status = (case when reached then 'DISABLED' else status::text end)::destination_status,
    disabled_at = case when reached then service_now() else disabled_at end,
    updated_at = case when reached then service_now() else updated_at end
  from (
    select destination.id, failures, entry_id,
      status = 'ACTIVE' and failure_count + failures >= $3 as reached
    from (
      select id, count(*)::int as failures, min(entry_id) as entry_id
      from ${FAILURES.sql} group by id
    ) as failed
    join destination on destination.id = failed.id
  ) as failure
  where destination.id = failure.id
  returning destination.id, reached, entry_id
), entry as (
  select entry_id as id, id as destination_id, 'DISABLED' as action, null as api_key_id,
    null as user_id, '{}'::text[] as changed
  from counted where reached
)
${INSERT_AUDIT_ENTRIES}
returning destination_id as id`
