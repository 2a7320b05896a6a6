import { createGroupCommit } from '../concurrency/group-commit.ts'
import { FAILURE_LIMIT } from '../domain/destination.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { RetryTransient } from '../storage/transient-retry.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { type CancelBatch, cancelingTransaction, cancelRemaining } from './cancel.ts'
import type { Queue } from './queue.ts'
import { type Recorded, recordAttempts } from './record-attempts.ts'
import { writeStorable } from './unstorable-result.ts'

/** What came of one request, on its way into the history. */
export interface AttemptResult {
  deliveryId: string
  destinationId: string
  organizationId: string
  eventType: string
  /** Attempts recorded when the request was made: the fence that lets each try be recorded once. */
  attemptCount: number
  /** The number of the destination's activation that it began under: a failure counts for that one alone. */
  activation: number
  /** Failed test sends are not counted. */
  test: boolean
  outcome: Outcome
  /** Where the request went; null when nothing was sent. */
  url: string | null
  attemptedAt: Date
  /** Milliseconds from when it was due until it began. */
  waitedMs: number
  durationMs: number
  /** Attempts recorded before the schedule began that it was made by. */
  attemptBase: number
  /** Seconds from now to the next attempt if this one failed, null when it was the last. */
  retryDelay: number | null
  /** The same if the schedule was restarted by hand while this was on the wire: it is the first of the new one then. */
  restartedDelay: number | null
}

/**
 * How recording a result ended: it is committed and its destination was still ACTIVE, it is committed and its destination
 * was not, or it was left out, because the delivery has another attempt under the same number or does not exist any more.
 */
export type RecordEnd = 'active' | 'inactive' | 'overtaken'

export interface AttemptRecorder {
  /** Resolves once the result is committed, or left out because the delivery moved on. */
  record(result: AttemptResult): Promise<RecordEnd>
  /** Resolves when every result so far is recorded. */
  idle(): Promise<void>
}

type Ports = {
  db: Database
  queue: Queue
  newId: NewId
  retryTransient: RetryTransient
  metrics: Metrics
  log: Logger
}

/** Results of one commit. More would only make the others wait. */
const GROUP_SIZE = 500

/**
 * Writes the results of attempts that end about the same time in one commit. Failures have commits of their
 * own: they need their destinations' rows, which a publication may hold for a while.
 */
export function createAttemptRecorder(ports: Ports): AttemptRecorder {
  const { db, retryTransient } = ports
  const writeAll = <Written>(
    what: string,
    results: readonly AttemptResult[],
    write: (results: readonly AttemptResult[]) => Promise<Written>,
  ) => writeStorable(results, (part) => retryTransient(what, () => write(part)), db.isTransient)
  const successes = createGroupCommit<AttemptResult, RecordEnd>(async (results) => {
    const written = await writeAll('record successes', results, (part) =>
      recordAttempts(db, part, ports.newId),
    )
    const recorded = written.flat()
    tell(ports, results, recorded)
    return answer(results, recorded, activeAfter(recorded))
  }, GROUP_SIZE)
  const failures = createGroupCommit<AttemptResult, RecordEnd>(async (results) => {
    const written = await writeAll('record failures', results, (part) =>
      cancelingTransaction(ports, (tx, cancelBatch) =>
        recordFailures({ ...ports, cancelBatch }, tx, part),
      ),
    )
    const recorded = written.flatMap((one) => one.recorded)
    tell(ports, results, recorded)
    const backlog = written.flatMap((one) => one.backlog)
    if (backlog.length > 0) void cancelLater(ports, backlog)
    const active = new Set(written.flatMap((one) => [...one.active]))
    return answer(results, recorded, active)
  }, GROUP_SIZE)
  return {
    record: (result) =>
      result.outcome.status === 'SUCCEEDED' ? successes.add(result) : failures.add(result),
    idle: async () => void (await Promise.all([successes.idle(), failures.idle()])),
  }
}

function answer(
  results: readonly AttemptResult[],
  recorded: readonly Recorded[],
  active: ReadonlySet<string>,
) {
  const ids = new Set(recorded.map(({ deliveryId }) => deliveryId))
  const endOf = ({ deliveryId, destinationId }: AttemptResult): RecordEnd => {
    if (!ids.has(deliveryId)) return 'overtaken'
    return active.has(destinationId) ? 'active' : 'inactive'
  }
  return results.map((result) => ({ status: 'fulfilled' as const, value: endOf(result) }))
}

/** Tells the figures and the log what was recorded; results that were overtaken are left out. */
function tell(
  { metrics, log }: Pick<Ports, 'metrics' | 'log'>,
  results: readonly AttemptResult[],
  recorded: readonly Recorded[],
): void {
  const byDelivery = new Map(results.map((result) => [result.deliveryId, result]))
  for (const { deliveryId, ended } of recorded) {
    const { attemptCount, destinationId, durationMs, outcome, waitedMs } =
      byDelivery.get(deliveryId)!
    const code = outcome.status === 'FAILED' ? outcome.failure.code : outcome.status
    metrics.attempted({ outcome: code, durationMs, waitedMs: attemptCount === 0 ? waitedMs : null })
    if (ended) metrics.ended(ended, 1)
    log.debug(
      { deliveryId, destinationId, number: attemptCount + 1, outcome: code, durationMs, ended },
      'attempted a delivery',
    )
  }
}

/** A long backlog of destinations that were disabled. What this does not get to, the sweep does. */
async function cancelLater(ports: Ports, destinationIds: readonly string[]): Promise<void> {
  await cancelRemaining(ports, destinationIds).catch((error: unknown) =>
    ports.log.warn({ err: error, destinationIds }, 'could not cancel all that waited'),
  )
}

/**
 * A failure changes its destination as well, so the destinations are locked first and in order: whoever
 * leaves ACTIVE or publishes at that moment comes before or after as a whole.
 */
async function recordFailures(
  { cancelBatch, newId, queue }: Pick<Ports, 'newId' | 'queue'> & { cancelBatch: CancelBatch },
  tx: Sql,
  results: readonly AttemptResult[],
): Promise<{ active: Set<string>; backlog: readonly string[]; recorded: readonly Recorded[] }> {
  const destinationIds = [...new Set(results.map(({ destinationId }) => destinationId))]
  await tx.query('select from destination where id = any($1) order by id for no key update', [
    destinationIds,
  ])
  const recorded = await recordAttempts(tx, results, newId)
  const disabled = await countFailures({ tx, newId }, recorded)
  const more = disabled.length > 0 && (await cancelBatch(disabled))
  const retries = recorded.flatMap(({ destinationId, retryDelay }) =>
    retryDelay === null || disabled.includes(destinationId)
      ? []
      : [{ destinationId, seconds: retryDelay }],
  )
  if (retries.length > 0) await queue.wakeLater(tx, retries)
  return { active: activeAfter(recorded, disabled), backlog: more ? disabled : [], recorded }
}

const activeAfter = (recorded: readonly Recorded[], disabled: readonly string[] = []) =>
  new Set(
    recorded.flatMap(({ destinationId, active }) =>
      active && !disabled.includes(destinationId) ? [destinationId] : [],
    ),
  )

/**
 * Adds the failures to their destinations' counts; the caller holds their locks. Answers those that this
 * disabled, of which their audit logs tell.
 */
async function countFailures(
  { tx, newId }: { tx: Sql; newId: NewId },
  failures: readonly Recorded[],
): Promise<string[]> {
  const counted = failures.filter(({ counts }) => counts)
  if (counted.length === 0) return []
  const rows = await tx.query<{ id: string }>(
    `with counted as (
      update destination set
        failure_count = failure_count + failures,
        status = (case when reached then 'DISABLED' else status::text end)::destination_status,
        disabled_at = case when reached then job_now() else disabled_at end,
        updated_at = case when reached then job_now() else updated_at end
      from (
        select destination.id, failures, entry_id,
          status = 'ACTIVE' and failure_count + failures >= $2 as reached
        from (
          select id, count(*)::int as failures, min(entry_id) as entry_id
          from unnest($1::text[], $3::text[]) as failed (id, entry_id) group by id
        ) as failed
        join destination on destination.id = failed.id
      ) as failure
      where destination.id = failure.id
      returning destination.id, reached, entry_id
    )
    insert into audit_entry (id, destination_id, action, changed, created_at)
    select entry_id, id, 'DISABLED', '{}', job_now() from counted where reached
    returning destination_id as id`,
    [
      counted.map(({ destinationId }) => destinationId),
      FAILURE_LIMIT,
      counted.map(() => newId('aud')),
    ],
  )
  return rows.map(({ id }) => id)
}
