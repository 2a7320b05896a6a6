import { NotFoundError } from '../domain/errors.ts'
import type { DeliveryAttempt } from '../generated/prisma/client.ts'
import type { Database } from '../storage/database.ts'
import type { LowestId, TimeOfId } from '../storage/ids.ts'
import type { CursorSeal } from './cursor-seal.ts'
import type { FeedPosition } from './feed-tail.ts'

/** An attempt with the number of the transaction that recorded it. */
export type RecordedAttempt = DeliveryAttempt & { transaction: string }

/** The attempt to continue after does not exist, or does not exist any more. */
export class UnknownAttemptError extends Error {
  override name = 'UnknownAttemptError'
}

type Ports = { db: Database; cursorSeal: CursorSeal; lowestId: LowestId; timeOfId: TimeOfId }

/** An attempt. Attempts of the feed have their transaction. */
type Attempt = Pick<RecordedAttempt, 'id'> & Partial<Pick<RecordedAttempt, 'transaction'>>

/**
 * Returns the cursor of each attempt, in order; an error for one that was deleted meanwhile. A cursor contains the
 * position in the feed, so it stays valid after the attempt is deleted. The cursor of an attempt changes only if the
 * encryption key is replaced. Takes one statement, or none if all attempts come from the feed.
 */
export async function cursorsOf(
  { db, cursorSeal }: Pick<Ports, 'db' | 'cursorSeal'>,
  organizationId: string,
  attempts: readonly Attempt[],
): Promise<(string | NotFoundError)[]> {
  const missing = attempts.flatMap(({ id, transaction }) => (transaction ? [] : [id]))
  const rows =
    missing.length === 0
      ? []
      : await db.query<{ id: string; transaction: string }>(
          `select id, recorded_in::text as transaction from delivery_attempt
          where id = any($1) and organization_id = $2`,
          [missing, organizationId],
        )
  const found = new Map(rows.map((row) => [row.id, row.transaction]))
  return attempts.map(({ id, transaction = found.get(id) }) =>
    transaction ? cursorOf(cursorSeal, organizationId, { id, transaction }) : new NotFoundError(id),
  )
}

/** Returns the cursor of an attempt whose transaction is known. */
export const cursorOf = (
  cursorSeal: CursorSeal,
  organizationId: string,
  { id, transaction }: Pick<RecordedAttempt, 'id' | 'transaction'>,
): string => cursorSeal.seal(`${transaction} ${id}`, organizationId)

/**
 * Returns the position after which a subscriber continues.
 * @param after a cursor of `cursorsOf`; or the id of an attempt that exists, or was deleted with its destination within a day
 * @throws UnknownAttemptError if the organization has no such attempt, or the cursor belongs to another one
 */
export async function findPosition(
  ports: Ports,
  organizationId: string,
  after: string,
): Promise<FeedPosition> {
  const opened = ports.cursorSeal.open(after, organizationId)
  const [transaction, id] =
    opened === null ? [null, after] : (opened.split(' ') as [string, string])
  const time = ports.timeOfId(id)
  if (!time) throw new UnknownAttemptError(after)
  const latest = ports.lowestId('att', new Date(time.getTime() + CLOCK_DIFFERENCE_MS))
  const [row] = await ports.db.query<{ transaction: string | null }>(POSITION, [
    id,
    organizationId,
    transaction,
    latest,
  ])
  if (!row?.transaction) throw new UnknownAttemptError(after)
  return { transaction: row.transaction, id }
}

/** The maximum difference between the clocks of two workers. Ids contain the time of the worker that created them. */
const CLOCK_DIFFERENCE_MS = 600_000

/**
 * Reads the position from the row if it exists, because a restored database can have renumbered it. Otherwise takes the
 * position of the cursor, or of an attempt that was deleted with its destination, unless the database was restored from a
 * backup since: then the number was not assigned yet, or was assigned again, and in that case the attempt before it is newer.
 * Positions in a restored database have an offset.
 */
const POSITION = `
select coalesce(
  (select recorded_in from delivery_attempt where id = $1 and organization_id = $2),
  (
    select position from (
      select coalesce(
        $3::text::xid8,
        (select recorded_in from deleted_attempt where id = $1 and organization_id = $2)
      ) as position
    ) as last
    where position::text::numeric < pg_snapshot_xmax(pg_current_snapshot())::text::numeric + feed_offset()
      and not exists (
        select from (
          select id from delivery_attempt where recorded_in < last.position
          order by recorded_in desc, id desc limit 1
        ) as before
        where before.id > $4
      )
  )
)::text as transaction`
