import type { AuditAction } from '../generated/prisma/client.ts'
import { INSERT_AUDIT_ENTRIES } from '../storage/audit-entry.ts'
import type { Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'

/** The caller who changes a destination. With neither it is the service itself. */
export interface Actor {
  /** The API key that authenticated the request. */
  apiKeyId: string | null
  /** The user of the host product who signed in. */
  userId: string | null
}

/** The name of a setting in the API. */
export type Setting = 'name' | 'url' | 'events'

interface AuditedChange {
  action: AuditAction
  /** The names of the changed settings. Their values are not stored. */
  changed?: readonly Setting[]
}

/**
 * Adds an entry to the audit log of a destination, in the transaction of the change. The caller has locked the
 * destination: entries are listed by id, so ids must ascend in the order of the changes.
 */
export async function writeAuditEntry(
  { tx, newId }: { tx: Sql; newId: NewId },
  { id, actor }: { id: string; actor: Actor },
  { action, changed = [] }: AuditedChange,
): Promise<void> {
  await tx.query(INSERT, [newId('aud'), id, action, actor.apiKeyId, actor.userId, changed])
}

const INSERT = `
with entry (id, destination_id, action, api_key_id, user_id, changed) as (
  values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text[])
)
${INSERT_AUDIT_ENTRIES}`
