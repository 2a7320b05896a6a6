import type { Actor } from '../audit/append.ts'
import type { DestinationStatus } from '../domain/destination.ts'
import { NotFoundError } from '../domain/errors.ts'
import type { Sql } from '../storage/database.ts'

/** A destination of one organization. */
export interface DestinationKey {
  organizationId: string
  id: string
}

/** A destination, and who changes it according to its audit log. */
export interface DestinationTarget extends DestinationKey {
  actor: Actor
}

export interface LockedDestination {
  name: string
  url: string | null
  events: string[]
  status: DestinationStatus
}

/**
 * Locks a destination until the transaction ends: changes, publications and results of attempts are serialized.
 * @throws NotFoundError
 */
export async function lockDestination(
  tx: Sql,
  { id, organizationId }: DestinationKey,
): Promise<LockedDestination> {
  const [row] = await tx.query<LockedDestination>(
    `select name, url, events, status from destination
    where id = $1 and organization_id = $2 for no key update`,
    [id, organizationId],
  )
  if (!row) throw new NotFoundError(id)
  return row
}
