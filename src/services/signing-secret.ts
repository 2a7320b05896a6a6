import { MAX_OVERLAP_SECONDS } from '../domain/destination.ts'
import { NotFoundError, ValidationError } from '../domain/errors.ts'
import { type DestinationKey, lockDestination } from './destination.ts'
import type { Database, SecretBox } from './ports.ts'

type Ports = { db: Database; secrets: SecretBox; newSecret: () => string }

/**
 * Replaces the secret.
 * @param overlapSeconds how long the old one signs beside the new one, 0 for not at all
 * @returns the new secret, whole
 * @throws NotFoundError, ValidationError
 */
export async function rotateSecret(
  ports: Pick<Ports, 'db' | 'secrets' | 'newSecret'>,
  key: DestinationKey,
  overlapSeconds: number,
): Promise<string> {
  if (overlapSeconds < 0 || overlapSeconds > MAX_OVERLAP_SECONDS) {
    const message = `Expected 0 to ${MAX_OVERLAP_SECONDS} seconds, got ${overlapSeconds}.`
    throw new ValidationError([{ path: ['overlapSeconds'], message }])
  }
  const secret = ports.newSecret()
  await ports.db.transaction(async (tx) => {
    await lockDestination(tx, key)
    await tx.query(
      `update signing_secret set
        previous = case when $3 > 0 then current end,
        previous_expires_at = case when $3 > 0 then pgboss.job_now() + make_interval(secs => $3) end,
        current = $2, created_at = pgboss.job_now()
      where destination_id = $1`,
      [key.id, ports.secrets.seal(secret, key.id), overlapSeconds],
    )
    await tx.query('update destination set updated_at = pgboss.job_now() where id = $1', [key.id])
  })
  return secret
}

/**
 * @returns the current secret, whole
 * @throws NotFoundError, SecretUnavailableError
 */
export async function revealSecret(
  { db, secrets }: Pick<Ports, 'db' | 'secrets'>,
  { id, organizationId }: DestinationKey,
): Promise<string> {
  const [row] = await db.query<{ current: string }>(
    `select current from signing_secret
    join destination on destination.id = destination_id
    where destination_id = $1 and organization_id = $2`,
    [id, organizationId],
  )
  if (!row) throw new NotFoundError(id)
  return secrets.open(row.current, id)
}
