import { NotFoundError } from '../domain/errors.ts'
import type { Database } from '../storage/database.ts'
import type { LowestId, TimeOfId } from '../storage/ids.ts'
import type { CursorSeal } from './cursor-seal.ts'
import { type RecordedAttempt, UnknownAttemptError } from './feed.ts'
import type { FeedPosition } from './feed-tail.ts'

type Ports = { db: Database; cursorSeal: CursorSeal; lowestId: LowestId; timeOfId: TimeOfId }

/** An attempt; one that comes from the feed has its transaction with it. */
type Attempt = Pick<RecordedAttempt, 'id'> & Partial<Pick<RecordedAttempt, 'transaction'>>

/**
 * Answers for each attempt its place in the feed of its organization, as clients get it. The cursor contains the
 * place, so it stays valid after the attempt was deleted. The same attempt has the same cursor each time, until the
 * encryption key is replaced. Reads from the database only for attempts that do not come from the feed.
 * @returns in order; an error for an attempt that was deleted meanwhile
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

/** Answers the cursor of an attempt whose transaction is known. */
export const cursorOf = (
  cursorSeal: CursorSeal,
  organizationId: string,
  { id, transaction }: Pick<RecordedAttempt, 'id' | 'transaction'>,
): string => cursorSeal.seal(`${transaction} ${id}`, organizationId)

/**
 * Finds the place after which a subscriber continues.
 * @param after a cursor of `cursorsOf`, or an attempt's id
 * @throws UnknownAttemptError when the organization has no such attempt, or the cursor is not one of its own
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

/** Milliseconds that the clocks of two workers may differ by, since ids carry the time of the worker that made them. */
const CLOCK_DIFFERENCE_MS = 600_000

/**
 * The row decides where it still exists: a restored database may have renumbered it. For a deleted one the number in
 * the cursor counts, unless this database was restored from a backup since: then the number is still to come, or was
 * given a second time, which the attempt before it reveals by being newer. Places in a restored database have an offset.
 */
const POSITION = `
select coalesce(
  (select recorded_in from delivery_attempt where id = $1 and organization_id = $2),
  case
    when $3::text::numeric < pg_snapshot_xmax(pg_current_snapshot())::text::numeric + feed_offset() and not exists (
      select from (
        select id from delivery_attempt where recorded_in < $3::text::xid8
        order by recorded_in desc, id desc limit 1
      ) as before
      where before.id > $4
    )
    then $3::text::xid8
  end
)::text as transaction`
