import type { Database, Sql } from '../storage/database.ts'
import { hashEntry, type StoredEntry } from './entry.ts'

/** The result of checking the audit log of one organization. */
export interface Verification {
  organizationId: string
  /** Entries that were checked and are valid: all, or those before the broken one. */
  entries: number
  /** The hash of the last entry in hexadecimal, to compare with a copy that was stored elsewhere. */
  hash: string
  /** The first entry that is not as it was written. Null if all are. */
  broken: { sequence: number; id: string | null; reason: string } | null
}

interface Head {
  organizationId: string
  sequence: number
  hash: Buffer
  purgedSequence: number
  purgedHash: Buffer
}

type Row = StoredEntry & { previousHash: Buffer; hash: Buffer }

/** Entries read with one query. */
const BATCH_SIZE = 1_000

/**
 * Checks that the entries of each audit log are those that were written: none is changed, missing or inserted. Reads one
 * snapshot, so it can run while the service writes.
 */
export function verifyAuditLogs(db: Database): Promise<Verification[]> {
  return db.transaction(async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only')
    const heads = await tx.query<Head>(HEADS)
    const verifications: Verification[] = []
    for (const head of heads) verifications.push(await verify(tx, head))
    return verifications
  })
}

/** Includes organizations whose head is missing but that have entries. */
const HEADS = `
select coalesce(head.organization_id, entry.organization_id) as "organizationId",
  coalesce(head.sequence, 0) as sequence, coalesce(head.hash, '') as hash,
  coalesce(head.purged_sequence, 0) as "purgedSequence", coalesce(head.purged_hash, '') as "purgedHash"
from audit_log_head as head
full join (select distinct organization_id from audit_log_entry) as entry
  on entry.organization_id = head.organization_id
order by 1`

async function verify(tx: Sql, head: Head): Promise<Verification> {
  const { organizationId, purgedSequence } = head
  let sequence = purgedSequence
  let hash = head.purgedHash
  const resultOf = (broken: Verification['broken']): Verification => ({
    organizationId,
    entries: sequence - purgedSequence,
    hash: hash.toString('hex'),
    broken,
  })
  for (let more = true; more; ) {
    const rows = await tx.query<Row>(READ, [organizationId, sequence, BATCH_SIZE])
    for (const row of rows) {
      const reason = faultOf(row, { sequence: sequence + 1, hash })
      if (reason) return resultOf({ sequence: sequence + 1, id: row.id, reason })
      sequence = row.sequence
      hash = row.hash
    }
    more = rows.length === BATCH_SIZE
  }
  if (sequence === head.sequence && hash.equals(head.hash)) return resultOf(null)
  const reason =
    sequence < head.sequence
      ? 'is missing'
      : 'is the last one, but not the one that was written last'
  return resultOf({ sequence: Math.min(sequence + 1, head.sequence), id: null, reason })
}

function faultOf(row: Row, expected: { sequence: number; hash: Buffer }): string | null {
  if (row.sequence !== expected.sequence) return 'is missing before this one'
  if (!row.previousHash.equals(expected.hash)) return 'does not follow the entry before it'
  return hashEntry(row.previousHash, row).equals(row.hash) ? null : 'was changed'
}

const READ = `
select id, organization_id as "organizationId", sequence, action, actor_kind as "actorKind",
  actor_id as "actorId", actor_name as "actorName", subject_id as "subjectId",
  subject_name as "subjectName", changes, created_at as "createdAt",
  previous_hash as "previousHash", hash
from audit_log_entry
where organization_id = $1 and sequence > $2
order by sequence limit $3`
