import type { AuditAction } from '../generated/prisma/client.ts'
import type { Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'

/** Who does something with a destination. With neither it is the service itself. */
export interface Actor {
  /** The key that it is done with. */
  apiKeyId: string | null
  /** The user of the host product who does it. */
  userId: string | null
}

/** A setting as the API names it. */
export type Setting = 'name' | 'url' | 'events'

interface Deed {
  action: AuditAction
  /** Which settings it changed: their names, never their values. */
  changed?: readonly Setting[]
}

/**
 * Writes into a destination's audit log, in the transaction that does what it tells of. The caller holds the
 * destination: entries are listed by their ids, so that these have to be made in the order of what was done.
 */
export async function writeAuditEntry(
  { tx, newId }: { tx: Sql; newId: NewId },
  { id, actor }: { id: string; actor: Actor },
  { action, changed = [] }: Deed,
): Promise<void> {
  await tx.query(
    `insert into audit_entry (id, destination_id, action, api_key_id, user_id, changed, created_at)
    values ($1, $2, $3, $4, $5, $6, job_now())`,
    [newId('aud'), id, action, actor.apiKeyId, actor.userId, changed],
  )
}
