import type { Clock } from '../concurrency/clock.ts'
import { createShortCache, type ShortCache } from '../concurrency/short-cache.ts'
import { hashApiKey, isApiKey, readScopes, type Scope } from '../domain/api-key.ts'
import { isPlainText, parseName } from '../domain/name.ts'
import { isExternalId } from '../domain/organization.ts'
import type { Database } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { Logger } from '../telemetry/logger.ts'
import { findApiKey, type KnownApiKey } from './api-key.ts'
import { findOrganization, organizationOfHost } from './organization.ts'

/** The caller: the API key or user that authenticated a request, with the organization that it acts for. */
export interface Viewer {
  organizationId: string
  /** Null for a user of the host product, who authenticates with a token. */
  apiKeyId: string | null
  /** The `sub` of a token: the id of the user in the host product. Left out for a key. */
  userId?: string
  scopes: ReadonlySet<Scope>
}

/** The credentials of a request or a WebSocket, unchecked. */
export interface Credentials {
  /** `Bearer` with an API key or a token of the host product. Null if there is none. */
  authorization: string | null
  /** The organization that a platform key acts for. Ignored for other credentials. */
  organization: string | null
  /** Creates the organization, named by its id in the host product, if it does not exist. Only for platform keys. */
  createOrganization?: true
}

export interface Authentication {
  /** Null without a valid key or token: missing, malformed, unknown, revoked or expired. */
  viewer: Viewer | null
  /** What the client must send with a valid key, or in place of an expired token. */
  advice?: string
  /** Set if the token was refused because it has expired. */
  expired?: true
}

/** Authenticates credentials. Rejects if they cannot be checked at the moment. */
export type Authenticate = (credentials: Credentials) => Promise<Authentication>

/** The claims of a token whose signature, issuer, audience and times are valid. */
export interface TokenClaims {
  /** Epoch milliseconds, in the future. */
  expiresAt: number
  sub: unknown
  org_id: unknown
  org_name: unknown
  scope: unknown
}

/**
 * Verifies a token of the host product.
 * @returns null if it is not valid
 * @throws if the keys to verify it cannot be fetched
 */
export type VerifyToken = (token: string) => Promise<TokenClaims | 'EXPIRED' | null>

interface Ports {
  db: Database
  clock: Clock
  log: Logger
  newId: NewId
  /** Null if tokens are not accepted. A token is then treated like an unknown key. */
  verifyToken: VerifyToken | null
}

interface Caches {
  keys: ShortCache<KnownApiKey>
  tokens: ShortCache<Viewer>
  organizations: ShortCache<string>
}

/** Characters of a token. Tokens of the host product have some hundred. */
const MAX_TOKEN_CHARACTERS = 8_192

const UNAUTHENTICATED: Authentication = { viewer: null }

/** Creates the function that authenticates API keys, platform keys and, if accepted, tokens of the host product. */
export function createAuthenticator(ports: Ports): Authenticate {
  const { clock } = ports
  const caches: Caches = {
    keys: createShortCache(clock),
    tokens: createShortCache(clock),
    organizations: createShortCache(clock),
  }
  return async ({ authorization, ...named }) => {
    const key = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
    if (!key) return UNAUTHENTICATED
    if (!isApiKey(key)) return authenticateToken(ports, caches, key)
    const hash = hashApiKey(key)
    const known = await caches.keys(hash.toString('base64'), () => findApiKey(ports, hash))
    if (!known) return UNAUTHENTICATED
    const { organizationId, ...rest } = known
    return organizationId === null
      ? authenticatePlatformKey(ports, caches, { key: rest, ...named })
      : { viewer: { organizationId, ...rest } }
  }
}

/** How a client names the organization of a platform key. */
const NAME_IT =
  'name it in the header X-Organization, or over a WebSocket in connectionParams.organization, by its org_ id or by the id it has in Bigmind (1 to 255 printable ASCII characters without spaces)'

async function authenticatePlatformKey(
  ports: Ports,
  { organizations }: Caches,
  {
    key,
    organization,
    createOrganization,
  }: { key: Omit<Viewer, 'organizationId'> } & Omit<Credentials, 'authorization'>,
): Promise<Authentication> {
  if (!organization) {
    return { viewer: null, advice: `A platform key acts for one organization: ${NAME_IT}.` }
  }
  const organizationId = await organizations(organization, async () => {
    const id = await findOrCreate(ports, organization, createOrganization)
    return id === null ? null : { value: id, until: Number.POSITIVE_INFINITY }
  })
  if (organizationId !== null) return { viewer: { organizationId, ...key } }
  return {
    viewer: null,
    advice: `The organization that this platform key should act for does not exist. Name an existing one: ${NAME_IT}. To create one, also send the header "X-Organization-Create: true", or over a WebSocket connectionParams.createOrganization, with the id that it has in Bigmind.`,
  }
}

/** Returns null for an organization that does not exist and is not to be created, or cannot be. */
async function findOrCreate(
  ports: Ports,
  organization: string,
  create = false,
): Promise<string | null> {
  if (create && isExternalId(organization)) {
    return organizationOfHost(ports, { externalId: organization, name: null })
  }
  return (await findOrganization(ports.db, organization))?.id ?? null
}

const EXPIRED: Authentication = {
  viewer: null,
  expired: true,
  advice: 'The token has expired. Send a new one.',
}

async function authenticateToken(
  ports: Ports,
  { tokens }: Caches,
  token: string,
): Promise<Authentication> {
  const { verifyToken } = ports
  if (!verifyToken || token.length > MAX_TOKEN_CHARACTERS) return UNAUTHENTICATED
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
    // The audit log identifies the user by it.
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
