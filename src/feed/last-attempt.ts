import type { DeliveryAttempt } from '../generated/prisma/client.ts'
import type { Database } from '../storage/database.ts'
import { ATTEMPT_COLUMNS } from './attempt-columns.ts'

/** The latest attempt of each of these destinations that is the organization's and has one, in any order. */
export const readLastAttempts = (
  { db }: { db: Database },
  organizationId: string,
  destinationIds: readonly string[],
): Promise<DeliveryAttempt[]> => db.query(LAST_ATTEMPTS, [destinationIds, organizationId])

/**
 * One hop in the index "delivery_attempt_by_destination" for each. The organization is judged by the destination:
 * as a condition on attempts it would tempt the planner into another index, and through all that they hold of it.
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
