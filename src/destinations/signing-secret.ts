import { MAX_OVERLAP_SECONDS } from '../domain/destination.ts'
import { NotFoundError, SecretUnavailableError, ValidationError } from '../domain/errors.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { SecretCipher } from '../storage/secret-encryption.ts'
import { writeAuditEntry } from './audit.ts'
import { type DestinationTarget, lockDestination } from './destination.ts'

type Ports = { db: Database; secrets: SecretCipher; newId: NewId; newSecret: () => string }

/**
 * Replaces the signing secret of a destination.
 * @param overlapSeconds how long the old secret signs beside the new one; 0 for no overlap. There is no overlap for an old
 *   secret that cannot be decrypted, because no delivery could be signed with it
 * @returns the whole new secret
 * @throws NotFoundError, ValidationError
 */
export async function rotateSecret(
  ports: Ports,
  target: DestinationTarget,
  overlapSeconds: number,
): Promise<string> {
  if (overlapSeconds < 0 || overlapSeconds > MAX_OVERLAP_SECONDS) {
    const message = `Expected 0 to ${MAX_OVERLAP_SECONDS} seconds, got ${overlapSeconds}.`
    throw new ValidationError([{ path: ['overlapSeconds'], message }])
  }
  const secret = ports.newSecret()
  await ports.db.transaction(async (tx) => {
    const { name } = await lockDestination(tx, target)
    const old = await readEncrypted(tx, target.id)
    const overlap = decryptOrNull(ports.secrets, old, target.id) === null ? 0 : overlapSeconds
    await tx.query(
      `update signing_secret set
        previous = case when $3 > 0 then current end,
        previous_expires_at = case when $3 > 0 then service_now() + make_interval(secs => $3) end,
        current = $2, created_at = service_now()
      where destination_id = $1`,
      [target.id, ports.secrets.encrypt(secret, target.id), overlap],
    )
    await tx.query('update destination set updated_at = service_now() where id = $1', [target.id])
    const changes = [{ setting: 'overlapSeconds', before: null, after: overlap }]
    const change = { action: 'SECRET_ROTATED', name, changes } as const
    await writeAuditEntry({ tx, newId: ports.newId }, target, change)
  })
  return secret
}

/**
 * Returns the signing secret of a destination, and records in the audit log who has read it. Does both or neither.
 * @returns the whole current secret
 * @throws NotFoundError, SecretUnavailableError
 */
export function revealSecret(
  { db, secrets, newId }: Pick<Ports, 'db' | 'secrets' | 'newId'>,
  target: DestinationTarget,
): Promise<string> {
  return db.transaction(async (tx) => {
    // The lock orders this entry among rotations, so the log shows which secret was read.
    const { name } = await lockDestination(tx, target)
    const secret = secrets.decrypt(await readEncrypted(tx, target.id), target.id)
    await writeAuditEntry({ tx, newId }, target, { action: 'SECRET_REVEALED', name })
    return secret
  })
}

async function readEncrypted(tx: Sql, id: string): Promise<string> {
  const [row] = await tx.query<{ current: string }>(
    'select current from signing_secret where destination_id = $1',
    [id],
  )
  if (!row) throw new NotFoundError(id)
  return row.current
}

/** @returns null for a secret that no key of the ring decrypts, or that was modified or moved to another destination */
export function decryptOrNull(
  secrets: SecretCipher,
  encrypted: string,
  destinationId: string,
): string | null {
  try {
    return secrets.decrypt(encrypted, destinationId)
  } catch (error) {
    if (error instanceof SecretUnavailableError) return null
    throw error
  }
}
