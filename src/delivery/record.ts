import { createGroupCommit } from '../concurrency/group-commit.ts'
import type { Database } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { RetryTransient } from '../storage/transient-retry.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { cancelingTransaction, cancelRemaining } from './cancel.ts'
import type { Queue } from './queue.ts'
import { type AttemptResult, type RecordedAttempt, recordAttempts } from './record-attempts.ts'
import { recordFailures } from './record-failures.ts'
import { writeStorable } from './unstorable-result.ts'

/**
 * How recording ended: 'active' or 'inactive' is the state of the destination at the commit. 'overtaken' means that nothing
 * was recorded: the delivery was deleted, or another attempt was recorded under the same number.
 */
export type RecordOutcome = 'active' | 'inactive' | 'overtaken'

export interface AttemptRecorder {
  /** Resolves when the result is committed or was overtaken. */
  record(result: AttemptResult): Promise<RecordOutcome>
  /** Resolves when all results so far are recorded. */
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

/** Results of one commit. A larger group would delay the results before it. */
const GROUP_SIZE = 500

/**
 * Records results; those that arrive while a commit runs share the next one. Successes and failures have separate commits:
 * failures lock their destinations, which a large publication may hold for a while.
 */
export function createAttemptRecorder(ports: Ports): AttemptRecorder {
  const successes = createGroupCommit<AttemptResult, RecordOutcome>(
    (results) => commitSuccesses(ports, results),
    GROUP_SIZE,
  )
  const failures = createGroupCommit<AttemptResult, RecordOutcome>(
    (results) => commitFailures(ports, results),
    GROUP_SIZE,
  )
  return {
    record: (result) =>
      result.outcome.status === 'SUCCEEDED' ? successes.add(result) : failures.add(result),
    idle: async () => void (await Promise.all([successes.idle(), failures.idle()])),
  }
}

type Settled = PromiseFulfilledResult<RecordOutcome>[]

async function commitSuccesses(ports: Ports, results: readonly AttemptResult[]): Promise<Settled> {
  const { db, newId, retryTransient } = ports
  const written = await writeStorable(
    results,
    (part) => retryTransient('record successes', () => recordAttempts(db, part, newId)),
    db.isTransient,
  )
  const recorded = written.flat()
  report(ports, results, recorded)
  return outcomesOf(results, recorded)
}

async function commitFailures(ports: Ports, results: readonly AttemptResult[]): Promise<Settled> {
  const { db, retryTransient } = ports
  const written = await writeStorable(
    results,
    (part) =>
      retryTransient('record failures', () =>
        cancelingTransaction(ports, (tx, cancelBatch) =>
          recordFailures({ ...ports, cancelBatch }, tx, part),
        ),
      ),
    db.isTransient,
  )
  const recorded = written.flatMap((one) => one.recorded)
  report(ports, results, recorded)
  const uncanceled = written.flatMap((one) => one.uncanceled)
  if (uncanceled.length > 0) void cancelBacklog(ports, uncanceled)
  const disabled = written.flatMap((one) => one.disabled)
  return outcomesOf(results, recorded, disabled)
}

/** @param disabled destinations that were ACTIVE until these results disabled them */
function outcomesOf(
  results: readonly AttemptResult[],
  recorded: readonly RecordedAttempt[],
  disabled: readonly string[] = [],
): Settled {
  const deliveryIds = new Set(recorded.map(({ deliveryId }) => deliveryId))
  const active = new Set(
    recorded.flatMap(({ destinationId, active }) => (active ? [destinationId] : [])),
  )
  for (const id of disabled) active.delete(id)
  const outcomeOf = ({ deliveryId, destinationId }: AttemptResult): RecordOutcome => {
    if (!deliveryIds.has(deliveryId)) return 'overtaken'
    return active.has(destinationId) ? 'active' : 'inactive'
  }
  return results.map((result) => ({ status: 'fulfilled', value: outcomeOf(result) }))
}

/** Adds the recorded attempts to the metrics and the log. */
function report(
  { metrics, log }: Pick<Ports, 'metrics' | 'log'>,
  results: readonly AttemptResult[],
  recorded: readonly RecordedAttempt[],
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

/** Cancels the rest of the backlog of disabled destinations. The sweep cancels what is left when this fails. */
async function cancelBacklog(ports: Ports, destinationIds: readonly string[]): Promise<void> {
  await cancelRemaining(ports, destinationIds).catch((error: unknown) =>
    ports.log.warn({ err: error, destinationIds }, 'could not cancel all that waited'),
  )
}
