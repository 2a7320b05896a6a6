import { hashApiKey, isApiKey } from '../domain/api-key.ts'
import type { Database } from '../storage/database.ts'
import type { VerifyToken } from './authentication.ts'

/**
 * Returns the values of the header Authorization that may no longer be valid. Keys are checked by one statement, however
 * many there are. It creates nothing, whatever organization a client names.
 */
export type FindInvalid = (authorizations: readonly string[]) => Promise<string[]>

interface Ports {
  db: Database
  /** Null if tokens are not accepted. */
  verifyToken: VerifyToken | null
}

/** Creates the check of the keys and tokens of open connections. */
export function createKeyCheck({ db, verifyToken }: Ports): FindInvalid {
  return async (authorizations) => {
    const keys = new Map<string, string>()
    const tokens = new Map<string, string>()
    for (const authorization of authorizations) {
      const value = authorization.slice(authorization.indexOf(' ') + 1)
      if (isApiKey(value)) keys.set(authorization, hashApiKey(value).toString('hex'))
      else tokens.set(authorization, value)
    }
    const valid = await validHashes(db, [...new Set(keys.values())])
    const invalid = [...keys].flatMap(([authorization, hash]) =>
      valid.has(hash) ? [] : [authorization],
    )
    for (const [authorization, token] of tokens) {
      if (!(await isValidToken(token, verifyToken))) invalid.push(authorization)
    }
    return invalid
  }
}

/** Whether a token is valid. True while the keys of the issuer cannot be fetched. */
async function isValidToken(token: string, verifyToken: VerifyToken | null): Promise<boolean> {
  if (!verifyToken) return false
  const claims = await verifyToken(token).catch(() => undefined)
  return claims === undefined || (claims !== null && claims !== 'EXPIRED')
}

async function validHashes(db: Database, hashes: readonly string[]): Promise<Set<string>> {
  if (hashes.length === 0) return new Set()
  const rows = await db.query<{ hash: string }>(
    `select encode(hash, 'hex') as hash from api_key
    where hash = any(select decode(one, 'hex') from unnest($1::text[]) as one)
      and revoked_at is null and (expires_at is null or expires_at > service_now())`,
    [hashes],
  )
  return new Set(rows.map(({ hash }) => hash))
}
