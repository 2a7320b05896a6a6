import { type Actor, appendToAuditLog } from '../audit/append.ts'
import type { AuditLogAction, Change } from '../audit/entry.ts'
import type { AuditAction } from '../generated/prisma/client.ts'
import { INSERT_AUDIT_ENTRIES } from '../storage/audit-entry.ts'
import type { Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'

/** The name of a setting in the API. */
export type Setting = 'name' | 'url' | 'events'

/** The action in the audit log of the organization. The service itself disables a destination, which only its own log shows. */
const LOGGED_AS = {
  CREATED: 'DESTINATION_CREATED',
  SETTINGS_CHANGED: 'DESTINATION_CHANGED',
  ACTIVATED: 'DESTINATION_ACTIVATED',
  DEACTIVATED: 'DESTINATION_DEACTIVATED',
  SECRET_REVEALED: 'SECRET_REVEALED',
  SECRET_ROTATED: 'SECRET_ROTATED',
} as const satisfies Partial<Record<AuditAction, AuditLogAction>>

interface AuditedChange {
  action: keyof typeof LOGGED_AS
  /** The name of the destination after the change. */
  name: string
  /** The names of the changed settings, for the log of the destination, which does not store their values. */
  changed?: readonly Setting[]
  /** What changed, for the log of the organization. */
  changes?: readonly Change[]
}

/** A destination of an organization, and the actor. */
interface AuditedDestination {
  id: string
  organizationId: string
  actor: Actor
}

/**
 * Adds an entry to the audit logs of a destination and of its organization, in the transaction of the change. The caller has
 * locked the destination: entries are listed by id, so ids must ascend in the order of the changes.
 */
export async function writeAuditEntry(
  { tx, newId }: { tx: Sql; newId: NewId },
  target: AuditedDestination,
  { action, name, changed = [], changes = [] }: AuditedChange,
): Promise<void> {
  const { actor, id } = target
  await tx.query(INSERT, [newId('aud'), id, action, actor.apiKeyId, actor.userId, changed])
  const subject = { id, name }
  await appendToAuditLog({ tx, newId }, target, [{ action: LOGGED_AS[action], subject, changes }])
}

const INSERT = `
with entry (id, destination_id, action, api_key_id, user_id, changed) as (
  values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text[])
)
${INSERT_AUDIT_ENTRIES}`
