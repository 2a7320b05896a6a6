import { createHash } from 'node:crypto'

/** The actions in the audit log of an organization. */
export const AUDIT_LOG_ACTIONS = [
  'KEY_CREATED',
  'KEY_REVOKED',
  'DESTINATION_CREATED',
  'DESTINATION_CHANGED',
  'DESTINATION_ACTIVATED',
  'DESTINATION_DEACTIVATED',
  'DESTINATION_DELETED',
  'SECRET_REVEALED',
  'SECRET_ROTATED',
  'EVENT_ERASED',
] as const
export type AuditLogAction = (typeof AUDIT_LOG_ACTIONS)[number]

/** The value of a setting before and after an action, as JSON. Secrets are never among them. */
export interface Change {
  setting: string
  before: unknown
  after: unknown
}

export type ActorKind = 'API_KEY' | 'USER' | 'PLATFORM' | 'OPERATOR' | 'SERVICE'

/** An entry as it is stored, without its hashes. */
export interface StoredEntry {
  id: string
  organizationId: string
  /** 1 for the first entry of an organization. */
  sequence: number
  action: string
  actorKind: string
  actorId: string | null
  actorName: string | null
  subjectId: string
  subjectName: string | null
  /** JSON of `Change[]`. */
  changes: string
  createdAt: Date
}

const HASH_BYTES = 32

/** The hash before the first entry. */
export const NO_HASH: Buffer = Buffer.alloc(HASH_BYTES)

/** Returns the hash of an entry: SHA-256 of the hash of the entry before, and of all its columns as a JSON array. */
export function hashEntry(previousHash: Uint8Array, entry: StoredEntry): Buffer {
  const content = JSON.stringify([
    entry.organizationId,
    entry.sequence,
    entry.id,
    entry.action,
    entry.actorKind,
    entry.actorId,
    entry.actorName,
    entry.subjectId,
    entry.subjectName,
    entry.changes,
    entry.createdAt.toISOString(),
  ])
  return createHash('sha256').update(previousHash).update(content).digest()
}
