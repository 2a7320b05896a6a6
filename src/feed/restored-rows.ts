import { ADVISORY_LOCKS } from '../storage/advisory-locks.ts'
import { CHANNELS } from '../storage/channels.ts'
import type { Database, Sql } from '../storage/database.ts'

/** The tables of the feeds, with the columns that contain a row's position. */
const FEEDS = [
  ['delivery_attempt', 'recorded_in'],
  ['destination', 'changed_in'],
  ['destination_deletion', 'deleted_in'],
] as const

/**
 * Ensures that new rows of the feeds come after all existing ones. The position of a row is the number of the transaction that
 * wrote it, plus an offset that is 0 at first. A database that was restored from a dump contains numbers of another server.
 * If one of them is not below this server's, the offset is raised until every new position is above all existing ones. No row
 * changes, so the cost does not depend on the number of rows, and cursors of subscribers stay valid.
 *
 * Call it before anything is written. Processes that start concurrently can all call it.
 * @returns the new offset; null if it did not change
 */
export async function adoptRestoredRows(db: Database): Promise<bigint | null> {
  if ((await missingOffset(db)) === null) return null
  return db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1::bigint)', [ADVISORY_LOCKS.restoredRows])
    const offset = await missingOffset(tx)
    if (offset === null) return null
    for (const [table, column] of FEEDS) {
      await tx.query(`alter table ${table} alter ${column} set default ${placeWith(offset)}`)
    }
    for (const statement of functionsWith(offset)) await tx.query(statement)
    return offset
  })
}

/**
 * Returns the offset that new rows require. Null if it is the current one. The statement's own number is assigned after it has
 * begun, so it is above those of all rows that it reads. The new offset is relative to the lowest running transaction, so
 * that running transactions do not hold back restored rows.
 */
async function missingOffset(sql: Sql): Promise<bigint | null> {
  const newest = FEEDS.map(
    ([table, column]) => `(select ${column} from ${table} order by ${column} desc limit 1)`,
  )
  const [row] = await sql.query<{ newest: string; own: string; lowest: string; offset: string }>(
    `select coalesce(max(place::text::numeric), 0)::text as newest, pg_current_xact_id()::text as own,
      pg_snapshot_xmin(pg_current_snapshot())::text as lowest, feed_offset()::text as offset
    from unnest(array[${newest.join(', ')}]) as place`,
  )
  if (!row) return null
  const last = BigInt(row.newest)
  if (last < BigInt(row.own) + BigInt(row.offset)) return null
  return last + 1n - BigInt(row.lowest)
}

const placeWith = (offset: bigint) =>
  `(pg_current_xact_id()::text::numeric + ${offset})::text::xid8`

const functionsWith = (offset: bigint) => [
  `create or replace function feed_offset() returns bigint language sql immutable parallel safe
    as 'select ${offset}::bigint'`,
  `create or replace function feed_horizon() returns xid8 language sql stable parallel safe
    as 'select (pg_snapshot_xmin(pg_current_snapshot())::text::numeric + ${offset})::text::xid8'`,
  `create or replace function stamp_destination() returns trigger language plpgsql as $$
  begin
    new.changed_in := ${placeWith(offset)};
    perform pg_notify('${CHANNELS.destinationChanged}', '');
    return new;
  end
  $$`,
]
