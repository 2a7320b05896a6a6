import type { Sql } from '../storage/database.ts'
import { idAfter, type NewId } from '../storage/ids.ts'
import { defineRowSet } from '../storage/row-set.ts'
import {
  type ActorKind,
  type AuditLogAction,
  type Change,
  hashEntry,
  NO_HASH,
  type StoredEntry,
} from './entry.ts'

/** The caller who does something. With neither it is the service itself. */
export interface Actor {
  /** The API key that authenticated the request. */
  apiKeyId: string | null
  /** The user of the host product who signed in. */
  userId: string | null
  /** The operator, by the command line. */
  isOperator?: true
}

export const OPERATOR: Actor = { apiKeyId: null, userId: null, isOperator: true }
export const SERVICE: Actor = { apiKeyId: null, userId: null }

export interface NewEntry {
  action: AuditLogAction
  subject: { id: string; name: string | null }
  changes?: readonly Change[]
}

/**
 * Appends entries to the audit log of an organization, in the transaction of the actions. Each has the hash of the one before,
 * so the log is locked until the transaction ends: call it last. Publishing and deliveries do not write to it.
 */
export async function appendToAuditLog(
  { tx, newId }: { tx: Sql; newId: NewId },
  { organizationId, actor }: { organizationId: string; actor: Actor },
  entries: readonly NewEntry[],
): Promise<void> {
  const [head] = await tx.query<Head>(LOCK, [organizationId, NO_HASH, actor.apiKeyId])
  const named = nameActor(actor, head!)
  let { hash, lastId, sequence } = head!
  const rows = entries.map(({ action, subject, changes = [] }): Row => {
    const previousHash = hash
    sequence += 1
    lastId = idAfter(lastId, newId('log'))
    const entry: StoredEntry = {
      id: lastId,
      organizationId,
      sequence,
      action,
      ...named,
      subjectId: subject.id,
      subjectName: subject.name,
      changes: JSON.stringify(changes),
      createdAt: head!.now,
    }
    hash = hashEntry(previousHash, entry)
    return { ...entry, previousHash, hash }
  })
  await tx.query(APPEND, [organizationId, sequence, hash, lastId, ...ROWS.values(rows)])
}

interface Head {
  sequence: number
  hash: Buffer
  /** Empty before the first entry. */
  lastId: string
  /** The time of the transaction, with milliseconds. */
  now: Date
  keyName: string | null
  keyOrganizationId: string | null
}

type Row = StoredEntry & { previousHash: Buffer; hash: Buffer }

const LOCK = `
with head as (
  insert into audit_log_head as head (organization_id, sequence, hash, last_id, purged_hash)
  values ($1, 0, $2, '', $2)
  on conflict (organization_id) do update set sequence = head.sequence
  returning sequence, hash, last_id
)
select head.sequence, head.hash, head.last_id as "lastId",
  date_trunc('milliseconds', service_now()) as now,
  api_key.name as "keyName", api_key.organization_id as "keyOrganizationId"
from head left join api_key on api_key.id = $3`

/** The name of the actor at the time of the action. */
function nameActor(
  { apiKeyId, isOperator, userId }: Actor,
  { keyName, keyOrganizationId }: Head,
): { actorKind: ActorKind; actorId: string | null; actorName: string | null } {
  if (apiKeyId !== null) {
    const actorKind = keyOrganizationId === null ? 'PLATFORM' : 'API_KEY'
    return { actorKind, actorId: apiKeyId, actorName: keyName }
  }
  if (userId !== null) return { actorKind: 'USER', actorId: userId, actorName: null }
  return { actorKind: isOperator ? 'OPERATOR' : 'SERVICE', actorId: null, actorName: null }
}

const ROWS = defineRowSet<Row>(
  'entry',
  {
    id: ['text', ({ id }) => id],
    sequence: ['int', ({ sequence }) => sequence],
    action: ['text', ({ action }) => action],
    actor_kind: ['text', ({ actorKind }) => actorKind],
    actor_id: ['text', ({ actorId }) => actorId],
    actor_name: ['text', ({ actorName }) => actorName],
    subject_id: ['text', ({ subjectId }) => subjectId],
    subject_name: ['text', ({ subjectName }) => subjectName],
    changes: ['text', ({ changes }) => changes],
    created_at: ['timestamptz', ({ createdAt }) => createdAt],
    previous_hash: ['bytea', ({ previousHash }) => previousHash],
    hash: ['bytea', ({ hash }) => hash],
  },
  5,
)

const APPEND = `
with appended as (
  update audit_log_head set sequence = $2, hash = $3, last_id = $4 where organization_id = $1
)
insert into audit_log_entry (organization_id, id, sequence, action, actor_kind, actor_id, actor_name,
  subject_id, subject_name, changes, created_at, previous_hash, hash)
select $1, id, sequence, action, actor_kind, actor_id, actor_name,
  subject_id, subject_name, changes, created_at, previous_hash, hash
from ${ROWS.sql}`
