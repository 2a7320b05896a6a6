import type { Clock } from '../concurrency/clock.ts'
import { createShortCache, type ShortCache } from '../concurrency/short-cache.ts'
import { hashApiKey, isApiKey, readScopes, type Scope } from '../domain/api-key.ts'
import { isPlainText, parseName } from '../domain/name.ts'
import { isExternalId, isOrganizationId } from '../domain/organization.ts'
import type { Database } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { Logger } from '../telemetry/logger.ts'
import { findApiKey, type KnownApiKey } from './api-key.ts'
import { organizationExists, organizationOfHost } from './organization.ts'

/** Who asks: for one organization, and what it lets the asker do. */
export interface Viewer {
  organizationId: string
  /** Null for a user of the host product, who came with a token. */
  apiKeyId: string | null
  /** The user of the host product whom a token names, by its `sub`; left out for a key. */
  userId?: string
  scopes: ReadonlySet<Scope>
}

/** What a request or a socket says of its sender. */
export interface Credentials {
  /** `Bearer` and an API key or a token of the host product; null when nothing came. */
  authorization: string | null
  /** The organization that a platform key acts for; nobody else's is read. */
  organization: string | null
}

export interface Authentication {
  /** Null for whoever has no valid key or token: malformed, unknown, revoked, expired. */
  viewer: Viewer | null
  /** What to send instead, as a sentence: besides a valid key, or in place of an expired token. */
  advice?: string
  /** The token was refused because its time is over. */
  expired?: true
}

/** Says who somebody is. Rejects when that cannot be found out now, which says nothing of the credentials. */
export type Authenticate = (credentials: Credentials) => Promise<Authentication>

/** What a token of the host product says, once its signature, issuer, audience and times were found good. */
export interface TokenClaims {
  /** Epoch milliseconds; always in the future. */
  expiresAt: number
  sub: unknown
  org_id: unknown
  org_name: unknown
  scope: unknown
}

/**
 * Judges a token of the host product.
 * @returns null for one that is not valid
 * @throws when the keys to judge it by cannot be had
 */
export type VerifyToken = (token: string) => Promise<TokenClaims | 'EXPIRED' | null>

interface Ports {
  db: Database
  clock: Clock
  log: Logger
  newId: NewId
  /** Null where no tokens are taken: one is then like any other key that does not exist. */
  verifyToken: VerifyToken | null
}

interface Memories {
  keys: ShortCache<KnownApiKey>
  tokens: ShortCache<Viewer>
  organizations: ShortCache<string>
}

/** Characters of a token. Those of the host product have some hundred. */
const LONGEST_TOKEN = 8_192

const NOBODY: Authentication = { viewer: null }

/** @returns a function that knows API keys, platform keys and, where they are taken, tokens of the host product */
export function createAuthenticator(ports: Ports): Authenticate {
  const { clock } = ports
  const memories: Memories = {
    keys: createShortCache(clock),
    tokens: createShortCache(clock),
    organizations: createShortCache(clock),
  }
  return async ({ authorization, organization }) => {
    const key = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
    if (!key) return NOBODY
    if (!isApiKey(key)) return authenticateToken(ports, memories, key)
    const hash = hashApiKey(key)
    const known = await memories.keys(hash.toString('base64'), () => findApiKey(ports, hash))
    if (!known) return NOBODY
    const { organizationId, ...rest } = known
    return organizationId === null
      ? actFor(ports, memories, { key: rest, organization })
      : { viewer: { organizationId, ...rest } }
  }
}

/** What a platform key has to say, and may say in two ways. */
const NAME_IT =
  'name it in the header X-Organization, or over a WebSocket in connectionParams.organization, by its org_ id or by the id it has in Bigmind (1 to 255 printable ASCII characters without blanks)'

async function actFor(
  ports: Ports,
  { organizations }: Memories,
  { key, organization }: { key: Omit<Viewer, 'organizationId'>; organization: string | null },
): Promise<Authentication> {
  if (!organization) {
    return { viewer: null, advice: `A platform key acts for one organization: ${NAME_IT}.` }
  }
  const organizationId = await organizations(organization, async () => {
    const id = await findOrMake(ports, organization)
    return id === null ? null : { value: id, until: Number.POSITIVE_INFINITY }
  })
  if (organizationId !== null) return { viewer: { organizationId, ...key } }
  return {
    viewer: null,
    advice: `There is no organization like the one that this platform key should act for: ${NAME_IT}.`,
  }
}

async function findOrMake(ports: Ports, organization: string): Promise<string | null> {
  if (isOrganizationId(organization)) {
    return (await organizationExists(ports.db, organization)) ? organization : null
  }
  return isExternalId(organization)
    ? organizationOfHost(ports, { externalId: organization, name: null })
    : null
}

const EXPIRED: Authentication = {
  viewer: null,
  expired: true,
  advice: 'The token has expired. Send a new one.',
}

async function authenticateToken(
  ports: Ports,
  { tokens }: Memories,
  token: string,
): Promise<Authentication> {
  const { verifyToken } = ports
  if (!verifyToken || token.length > LONGEST_TOKEN) return NOBODY
  let isExpired = false
  const viewer = await tokens(hashApiKey(token).toString('base64'), async () => {
    const claims = await verifyToken(token)
    isExpired = claims === 'EXPIRED'
    if (
      !claims ||
      claims === 'EXPIRED' ||
      typeof claims.org_id !== 'string' ||
      !isExternalId(claims.org_id)
    )
      return null
    const { expiresAt, org_id: externalId, org_name: name, scope, sub } = claims
    // It goes into the audit log, which has to tell who it was.
    if (typeof sub !== 'string' || sub === '' || !isPlainText(sub)) return null
    const value: Viewer = {
      organizationId: await organizationOfHost(ports, {
        externalId,
        name: typeof name === 'string' ? parseName(name) : null,
      }),
      apiKeyId: null,
      userId: sub,
      scopes: new Set(typeof scope === 'string' ? readScopes(scope) : []),
    }
    return { value, until: expiresAt }
  })
  return isExpired ? EXPIRED : { viewer }
}
