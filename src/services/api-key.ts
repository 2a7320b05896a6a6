import {
  apiKeyPrefix,
  generateApiKey,
  hashApiKey,
  isApiKey,
  SCOPES,
  type Scope,
} from '../domain/api-key.ts'
import type { Clock, Database, Logger, NewId, RandomBytes, Sql } from './ports.ts'

/** Who asks: one organization, and what it lets the asker do. */
export interface Viewer {
  organizationId: string
  apiKeyId: string
  scopes: ReadonlySet<Scope>
}

type KeyPorts = { db: Database; newId: NewId; randomBytes: RandomBytes }

/**
 * Makes a key for an organization, which is made too when none has this name.
 * @returns the key, whole: it cannot be shown again
 */
export function createApiKey(
  ports: KeyPorts,
  organizationName: string,
  key: { name: string; scopes: readonly Scope[] },
): Promise<string> {
  return ports.db.transaction(async (tx) => {
    await lockOrganizations(tx)
    const [known] = await tx.query<{ id: string }>(
      'select id from organization where name = $1 order by id limit 1',
      [organizationName],
    )
    const id = known?.id ?? (await insertOrganization(ports, tx, organizationName))
    return insertApiKey(ports, tx, { organizationId: id, ...key })
  })
}

/**
 * Makes the organization "Local" with a key that may do everything, if there is no organization yet.
 * @returns the key, whole, or null when this database was in use before
 */
export function createFirstApiKey(ports: KeyPorts): Promise<string | null> {
  return ports.db.transaction(async (tx) => {
    await lockOrganizations(tx)
    if ((await tx.query('select from organization limit 1')).length > 0) return null
    const organizationId = await insertOrganization(ports, tx, 'Local')
    return insertApiKey(ports, tx, { organizationId, name: 'First start', scopes: SCOPES })
  })
}

/** Two that look for the same organization at once would both make it. */
const lockOrganizations = (tx: Sql) =>
  tx.query('lock table organization in share row exclusive mode')

async function insertOrganization({ newId }: KeyPorts, tx: Sql, name: string): Promise<string> {
  const id = newId('org')
  await tx.query('insert into organization (id, name) values ($1, $2)', [id, name])
  return id
}

async function insertApiKey(
  { newId, randomBytes }: KeyPorts,
  tx: Sql,
  key: { organizationId: string; name: string; scopes: readonly Scope[] },
): Promise<string> {
  const secret = generateApiKey(randomBytes)
  await tx.query(
    `insert into api_key (id, organization_id, name, prefix, hash, scopes)
    values ($1, $2, $3, $4, $5, $6)`,
    [
      newId('key'),
      key.organizationId,
      key.name,
      apiKeyPrefix(secret),
      hashApiKey(secret),
      key.scopes,
    ],
  )
  return secret
}

/** Milliseconds for which a key that was found is trusted: a revoked one is refused within that time. */
const TRUSTED_FOR = 2_000

/** Milliseconds between notes of a key's last use. */
const NOTED_EVERY = 60_000

interface Known {
  viewer: Viewer
  until: number
}

/** Says who a key belongs to. */
export type Authenticate = (authorization: string | null | undefined) => Promise<Viewer | null>

/**
 * @returns a function that takes the value of an Authorization header, `Bearer bmk_…`, and answers null for
 *   whatever is not a valid key: malformed, unknown, revoked, expired
 */
export function createAuthenticator(ports: {
  db: Database
  clock: Clock
  log: Logger
}): Authenticate {
  const { clock } = ports
  const known = new Map<string, Known>()
  return async (authorization) => {
    const key = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
    if (!key || !isApiKey(key)) return null
    const hash = hashApiKey(key)
    const name = hash.toString('base64')
    const cached = known.get(name)
    if (cached && cached.until > clock.now()) return cached.viewer
    known.delete(name)
    const viewer = await findKey(ports, hash)
    if (viewer) known.set(name, { viewer, until: clock.now() + TRUSTED_FOR })
    return viewer
  }
}

async function findKey(
  { db, log }: { db: Database; log: Logger },
  hash: Buffer,
): Promise<Viewer | null> {
  const [row] = await db.query<{
    id: string
    organizationId: string
    scopes: Scope[]
    noted: boolean
  }>(
    `select id, organization_id as "organizationId", scopes,
      coalesce(last_used_at > now() - make_interval(secs => $2::float8 / 1000), false) as noted
    from api_key
    where hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())`,
    [hash, NOTED_EVERY],
  )
  if (!row) return null
  if (!row.noted) {
    db.query('update api_key set last_used_at = now() where id = $1', [row.id]).catch(
      (error: unknown) => log.warn({ err: error }, "could not note a key's use"),
    )
  }
  return {
    organizationId: row.organizationId,
    apiKeyId: row.id,
    scopes: new Set(row.scopes),
  }
}
