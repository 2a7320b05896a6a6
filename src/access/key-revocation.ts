import { type Actor, appendToAuditLog, OPERATOR } from '../audit/append.ts'
import { SCOPES, type Scope, sortScopes } from '../domain/api-key.ts'
import { NotFoundError } from '../domain/errors.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'

/** Seconds within which a revoked key is refused in every process and on open WebSockets and streams. */
export const REVOCATION_SECONDS = 5

interface KeyToRevoke {
  id: string
  /** Also revokes the keys that it created, and those that they created. */
  cascade: boolean
}

/** The caller lacks scopes of the key that it wants to revoke. */
export class LackingScopesError extends Error {
  override name = 'LackingScopesError'
  /** At least one, as stored. */
  readonly scopes: readonly string[]
  constructor(scopes: readonly string[]) {
    super(`The caller lacks the scopes ${scopes.join(' and ')} of the key.`)
    this.scopes = scopes
  }
}

/**
 * Revokes a key of the organization. Caches and open connections end within `REVOCATION_SECONDS`. A key that is already
 * revoked keeps its time of revocation. The caller must have every scope of the key, or be an owner: have all scopes. The keys
 * that a key created have none that it lacks.
 * @throws NotFoundError, LackingScopesError
 */
export async function revokeApiKey(
  { db, newId }: { db: Database; newId: NewId },
  caller: { organizationId: string; scopes: ReadonlySet<Scope>; actor: Actor },
  key: KeyToRevoke,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [found] = await tx.query<{ scopes: string[] }>(
      'select scopes from api_key where id = $1 and organization_id = $2 for update',
      [key.id, caller.organizationId],
    )
    if (!found) throw new NotFoundError(key.id)
    const lacking = found.scopes.filter((scope) => !caller.scopes.has(scope as Scope))
    const isOwner = sortScopes(caller.scopes).length === SCOPES.length
    if (lacking.length > 0 && !isOwner) throw new LackingScopesError(lacking)
    await revokeLocked({ tx, newId }, { ...key, actor: caller.actor })
  })
}

/**
 * Revokes any key, including platform keys, for the operator.
 * @returns the ids of the revoked keys, without those that were revoked before; null if there is no key with this id
 */
export function revokeAnyApiKey(
  { db, newId }: { db: Database; newId: NewId },
  key: KeyToRevoke,
): Promise<string[] | null> {
  return db.transaction(async (tx) => {
    const found = await tx.query('select from api_key where id = $1 for update', [key.id])
    if (found.length === 0) return null
    return revokeLocked({ tx, newId }, { ...key, actor: OPERATOR })
  })
}

interface Revoked {
  id: string
  name: string
  /** Null for a platform key, which is in no audit log. */
  organizationId: string | null
}

/** Repeats the statement, because a key of the first pass can have created another one until its row was locked. */
async function revokeLocked(
  ports: { tx: Sql; newId: NewId },
  { id, cascade, actor }: KeyToRevoke & { actor: Actor },
): Promise<string[]> {
  const revoked: Revoked[] = []
  for (let found = 1; found > 0; ) {
    const rows = await ports.tx.query<Revoked>(REVOKE, [id, cascade])
    revoked.push(...rows)
    found = cascade ? rows.length : 0
  }
  // In the order of the ids, so that two revocations lock the logs in the same order.
  const logs = [...Map.groupBy(revoked, ({ organizationId }) => organizationId)].sort()
  for (const [organizationId, keys] of logs) {
    if (organizationId === null) continue
    const entries = keys.map((subject) => ({ action: 'KEY_REVOKED', subject }) as const)
    await appendToAuditLog(ports, { organizationId, actor }, entries)
  }
  return revoked.map((one) => one.id)
}

const REVOKE = `
with recursive affected (id) as (
  select $1::text collate "C"
  union
  select key.id from api_key key join affected on key.created_by_key_id = affected.id where $2
)
update api_key set revoked_at = service_now()
where id in (select id from affected) and revoked_at is null
returning id, name, organization_id as "organizationId"`
