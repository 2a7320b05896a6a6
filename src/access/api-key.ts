import { type Actor, appendToAuditLog, OPERATOR, SERVICE } from '../audit/append.ts'
import type { Clock } from '../concurrency/clock.ts'
import {
  API_KEY_LIMIT,
  apiKeyPrefix,
  generateApiKey,
  hashApiKey,
  SCOPES,
  type Scope,
  sortScopes,
} from '../domain/api-key.ts'
import { ValidationError } from '../domain/errors.ts'
import type { Issue } from '../domain/json.ts'
import { NAME_EXPECTED, parseName } from '../domain/name.ts'
import type { RandomBytes } from '../domain/signature.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { Logger } from '../telemetry/logger.ts'
import {
  findOrganization,
  insertOrganization,
  lockOrganizations,
  type NamedOrganization,
} from './organization.ts'

export type KeyPorts = { db: Database; newId: NewId; randomBytes: RandomBytes }

/** The properties of a new key. */
export interface NewApiKey {
  name: string
  scopes: readonly Scope[]
}

/** The organization that a key is created for: an existing one, by its id or its id in the host product, or a new one. */
export type KeyOwner = { organization: string } | { newOrganization: string }

/** The operator named an organization that does not exist. */
export class UnknownOrganizationError extends Error {
  override name = 'UnknownOrganizationError'
  readonly organization: string
  constructor(organization: string) {
    super(`There is no organization with the id "${organization}".`)
    this.organization = organization
  }
}

/**
 * Creates a key for an organization.
 * @returns the key, which cannot be shown again, and its organization
 * @throws UnknownOrganizationError
 */
export function createApiKey(
  ports: KeyPorts,
  owner: KeyOwner,
  key: NewApiKey,
): Promise<{ key: string; organization: NamedOrganization }> {
  return ports.db.transaction(async (tx) => {
    const organization = await organizationOf(ports.newId, tx, owner)
    const made = await insertApiKey(ports, tx, {
      organizationId: organization.id,
      actor: OPERATOR,
      ...key,
    })
    return { key: made.key, organization }
  })
}

async function organizationOf(newId: NewId, tx: Sql, owner: KeyOwner): Promise<NamedOrganization> {
  if ('newOrganization' in owner) {
    const name = owner.newOrganization
    return { id: await insertOrganization(newId, tx, name), name }
  }
  const found = await findOrganization(tx, owner.organization)
  if (!found) throw new UnknownOrganizationError(owner.organization)
  return found
}

/**
 * Creates the organization "Local" with a key that has all scopes, if there is no organization yet.
 * @returns the key, which cannot be shown again; null if the database has an organization
 */
export function createFirstApiKey(ports: KeyPorts): Promise<string | null> {
  return ports.db.transaction(async (tx) => {
    await lockOrganizations(tx)
    if ((await tx.query('select from organization limit 1')).length > 0) return null
    const organizationId = await insertOrganization(ports.newId, tx, 'Local')
    const made = await insertApiKey(ports, tx, {
      organizationId,
      actor: SERVICE,
      name: 'First start',
      scopes: SCOPES,
    })
    return made.key
  })
}

/**
 * Creates a platform key, which acts for the organization that each request names.
 * @returns the key, which cannot be shown again
 */
export async function createPlatformKey(ports: KeyPorts, key: NewApiKey): Promise<string> {
  const owner = { organizationId: null, actor: OPERATOR }
  return (await insertApiKey(ports, ports.db, { ...owner, ...key })).key
}

/** The caller that creates a key, with its own scopes. */
interface Issuer {
  organizationId: string
  scopes: ReadonlySet<Scope>
  /** Null for a user of the host product. */
  apiKeyId: string | null
  userId?: string
}

/**
 * Creates a key with scopes that its issuer has. Duplicate scopes are ignored. A key that a key creates expires with it at the
 * latest; without an expiry of its own it expires at the same time.
 * @returns its id and the key, which cannot be shown again
 * @throws ValidationError
 */
export async function issueApiKey(
  ports: KeyPorts & { clock: Clock },
  issuer: Issuer,
  properties: NewApiKey & { expiresAt: Date | null },
): Promise<{ id: string; key: string }> {
  const issues: Issue[] = []
  const name = parseName(properties.name)
  if (name === null) issues.push({ path: ['name'], message: NAME_EXPECTED })
  const message = scopesProblem(properties.scopes, issuer.scopes)
  if (message) issues.push({ path: ['scopes'], message })
  if (properties.expiresAt && properties.expiresAt.getTime() <= ports.clock.now()) {
    issues.push({ path: ['expiresAt'], message: 'Expected a time in the future.' })
  }
  if (name === null || issues.length > 0) throw new ValidationError(issues)
  const { apiKeyId, organizationId, userId = null } = issuer
  return ports.db.transaction(async (tx) => {
    await enforceKeyLimit(tx, organizationId)
    const latest = apiKeyId === null ? null : await lockCreator(tx, apiKeyId)
    const expiresAt = limitExpiry(properties.expiresAt, latest)
    const actor = { apiKeyId, userId }
    return insertApiKey(ports, tx, { ...properties, actor, name, organizationId, expiresAt })
  })
}

/**
 * Prevents the revocation of a key until the transaction ends, so that a revocation also finds the new key.
 * @returns when the key expires; null if it does not expire
 * @throws ValidationError if it is revoked or expired
 */
async function lockCreator(tx: Sql, id: string): Promise<Date | null> {
  const [creator] = await tx.query<{ expiresAt: Date | null }>(
    `select expires_at as "expiresAt" from api_key
    where id = $1 and revoked_at is null and (expires_at is null or expires_at > service_now())
    for share`,
    [id],
  )
  if (creator) return creator.expiresAt
  const message = 'The key of this request is revoked or expired, so it cannot create keys.'
  throw new ValidationError([{ path: [], message }])
}

/** @throws ValidationError if the requested expiry is after that of the creator */
function limitExpiry(requested: Date | null, latest: Date | null): Date | null {
  if (!latest || !requested) return requested ?? latest
  if (requested <= latest) return requested
  const message = `Expected ${latest.toISOString()} or earlier, because the key of this request expires then.`
  throw new ValidationError([{ path: ['expiresAt'], message }])
}

/** Locks the organization until the transaction ends, so that concurrent calls cannot exceed the limit. */
async function enforceKeyLimit(tx: Sql, organizationId: string): Promise<void> {
  await tx.query('select from organization where id = $1 for no key update', [organizationId])
  const [row] = await tx.query<{ count: number }>(
    `select count(*)::int as count from api_key
    where organization_id = $1 and revoked_at is null
      and (expires_at is null or expires_at > service_now())`,
    [organizationId],
  )
  if ((row?.count ?? 0) < API_KEY_LIMIT) return
  const message = `An organization can have ${API_KEY_LIMIT} keys that are neither revoked nor expired. Revoke one first.`
  throw new ValidationError([{ path: [], message }])
}

function scopesProblem(requested: readonly Scope[], granted: ReadonlySet<Scope>): string | null {
  if (requested.length === 0) return 'Expected at least one scope.'
  const lacking = sortScopes(requested).filter((scope) => !granted.has(scope))
  if (lacking.length === 0) return null
  return `A key can only have scopes that its creator has. You lack ${lacking.join(' and ')}.`
}

/** Inserts a key, and adds it to the audit log of its organization. A platform key has none. */
async function insertApiKey(
  { newId, randomBytes }: KeyPorts,
  tx: Sql,
  key: NewApiKey & {
    organizationId: string | null
    expiresAt?: Date | null
    actor: Actor
  },
): Promise<{ id: string; key: string }> {
  const secret = generateApiKey(randomBytes)
  const id = newId('key')
  await tx.query(
    `insert into api_key (id, organization_id, name, prefix, hash, scopes, expires_at,
      created_by_key_id, created_by_user_id)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      id,
      key.organizationId,
      key.name,
      apiKeyPrefix(secret),
      hashApiKey(secret),
      sortScopes(key.scopes),
      key.expiresAt ?? null,
      key.actor.apiKeyId,
      key.actor.userId,
    ],
  )
  const { actor, expiresAt = null, name, organizationId, scopes } = key
  if (organizationId !== null) {
    const changes = [
      { setting: 'scopes', before: null, after: sortScopes(scopes) },
      { setting: 'expiresAt', before: null, after: expiresAt },
    ].filter(({ after }) => after !== null)
    const entry = { action: 'KEY_CREATED', subject: { id, name }, changes } as const
    await appendToAuditLog({ tx, newId }, { organizationId, actor }, [entry])
  }
  return { id, key: secret }
}

/** The minimum time between two updates of a key's last use. */
const LAST_USED_INTERVAL_MS = 60_000

/** A valid key. */
export interface KnownApiKey {
  apiKeyId: string
  /** Null for a platform key. */
  organizationId: string | null
  scopes: ReadonlySet<Scope>
}

/**
 * Finds a key that is neither revoked nor expired, and records its use.
 * @returns `until` is its expiry in epoch milliseconds; null if there is no valid key
 */
export async function findApiKey(
  { db, log }: { db: Database; log: Logger },
  hash: Buffer,
): Promise<{ value: KnownApiKey; until: number } | null> {
  const [row] = await db.query<{
    id: string
    organizationId: string | null
    scopes: Scope[]
    expiresAt: Date | null
    noted: boolean
  }>(
    `select id, organization_id as "organizationId", scopes, expires_at as "expiresAt",
      coalesce(last_used_at > service_now() - make_interval(secs => $2::float8 / 1000), false) as noted
    from api_key
    where hash = $1 and revoked_at is null and (expires_at is null or expires_at > service_now())`,
    [hash, LAST_USED_INTERVAL_MS],
  )
  if (!row) return null
  if (!row.noted) {
    db.query('update api_key set last_used_at = service_now() where id = $1', [row.id]).catch(
      (error: unknown) => log.warn({ err: error }, 'could not record the use of a key'),
    )
  }
  const { expiresAt, id, organizationId, scopes } = row
  return {
    value: { apiKeyId: id, organizationId, scopes: new Set(scopes) },
    until: expiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
  }
}
