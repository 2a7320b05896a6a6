import type { DeliveryAttempt } from '../generated/prisma/client.ts'
import type { Database } from '../storage/database.ts'
import { ATTEMPT_COLUMNS } from './attempt-columns.ts'

/** Returns the latest attempt of each destination of the organization that has one, in any order. */
export const readLastAttempts = (
  { db }: { db: Database },
  organizationId: string,
  destinationIds: readonly string[],
): Promise<DeliveryAttempt[]> => db.query(LAST_ATTEMPTS, [destinationIds, organizationId])

/**
 * Takes one index lookup for each destination. The organization is a condition on destinations, because as a condition on
 * attempts it can make the planner scan another index.
 */
const LAST_ATTEMPTS = `
select attempt.*
from destination
cross join lateral (
  select ${ATTEMPT_COLUMNS} from delivery_attempt
  where destination_id = destination.id
  order by delivery_attempt.id desc limit 1
) as attempt
where destination.id = any($1) and destination.organization_id = $2`
