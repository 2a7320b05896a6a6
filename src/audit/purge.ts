import type { Clock } from '../concurrency/clock.ts'
import type { Database } from '../storage/database.ts'
import type { LowestId } from '../storage/ids.ts'

const DAY_MS = 86_400_000

/** Entries deleted in one transaction. */
const BATCH_SIZE = 1_000

/**
 * Deletes entries of audit logs that are older than the retention. The head of a log keeps the number and the hash of its last
 * deleted entry, so the rest can still be verified.
 * @param signal ends it after the current transaction
 */
export async function purgeAuditLogs(
  { db, clock, lowestId }: { db: Database; clock: Clock; lowestId: LowestId },
  retentionDays: number,
  signal?: AbortSignal,
): Promise<void> {
  const end = lowestId('log', new Date(Math.max(clock.now() - retentionDays * DAY_MS, 0)))
  while (!signal?.aborted) {
    const [oldest] = await db.query<{ organizationId: string }>(
      `select organization_id as "organizationId" from audit_log_entry
      where id < $1 order by id limit 1`,
      [end],
    )
    if (!oldest) return
    const deleted = await db.transaction(async (tx) => {
      await tx.query(ADVANCE, [oldest.organizationId, end, BATCH_SIZE])
      return tx.query(DELETE, [oldest.organizationId])
    })
    // The head of the log is missing, which a verification reports.
    if (deleted.length === 0) return
  }
}

/** Moves the start of the log behind the oldest entries. Their ids ascend with their numbers. */
const ADVANCE = `
with expired as (
  select sequence, hash from audit_log_entry
  where organization_id = $1 and id < $2
  order by sequence limit $3
)
update audit_log_head set purged_sequence = last.sequence, purged_hash = last.hash
from (select sequence, hash from expired order by sequence desc limit 1) as last
where organization_id = $1`

/** A separate statement, because the trigger of the table reads the head. */
const DELETE = `
delete from audit_log_entry
where organization_id = $1 and sequence <= (
  select purged_sequence from audit_log_head where organization_id = $1
)
returning 1`
