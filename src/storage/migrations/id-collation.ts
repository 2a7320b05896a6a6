import type pg from 'pg'
import type { Logger } from '../../telemetry/logger.ts'
import { ADVISORY_LOCKS } from '../advisory-locks.ts'
import { createEndpoints, openClient } from '../connection/client.ts'
import type { Sql } from '../database.ts'
import { sqlState } from '../database-fault.ts'

/** Milliseconds between checks whether ids still have the collation of the database. */
export const ID_COLLATION_INTERVAL_MS = 60_000

/** Milliseconds for which the exchange may wait for a table, and others behind it. */
const LOCK_WAIT_MS = 300

/** The name under which releases before this one connect. What they have prepared would fail after the exchange. */
const OLDER_RELEASE = 'bigmind-webhooks'

/**
 * Gives each column with an id the collation "C", by which ids are in the order of time in every database, while the
 * service runs. The new indexes are built beside the old ones without holding up writers. One short transaction then
 * exchanges them. Partial indexes cannot be exchanged: the small one that deliveries are sent by is rebuilt in that
 * transaction, the others are built after it. It waits until no older release is connected. Interrupted at any moment, it
 * is finished by the next call. Costs two queries when there is nothing to do.
 * @param signal ends it early
 * @returns whether all columns have the collation now
 */
export async function migrateIdCollation(
  { url, log }: { url: string; log: Logger },
  signal: AbortSignal,
): Promise<boolean> {
  const client = await openClient(createEndpoints(url), {
    applicationName: 'bigmind-webhooks maintenance',
  })
  const stop = () => void client.end().catch(() => {})
  signal.addEventListener('abort', stop)
  try {
    const columns = await columnsToCollate(client)
    if (columns.length === 0 && !(await hasLateIndexes(client))) return true
    const { rows: locked } = await client.query('select pg_try_advisory_lock($1) as ours', [
      ADVISORY_LOCKS.idCollation,
    ])
    if (!locked[0].ours || signal.aborted) return false
    if (columns.length === 0) return await finish(client)
    const indexes = await indexesOn(client, columns)
    log.info({ indexes: indexes.length }, 'building the indexes by which ids sort by bytes')
    for (const index of indexes) await buildTwin(client, index)
    if (await isOlderReleaseConnected(client)) {
      log.info({}, 'ids get their collation once no process of an older release is connected')
      return false
    }
    if (!(await exchange(client, columns, indexes))) return false
    log.info({}, 'ids sort by bytes now')
    return await finish(client)
  } catch (error) {
    if (signal.aborted) return false
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    await client.end().catch(() => {})
  }
}

/** Names are quoted already. */
interface Column {
  table: string
  column: string
}

interface Index {
  name: string
  twin: string
  table: string
  unique: boolean
  /** 'p' and 'u' for the index of a constraint with the same name. */
  constraint: 'p' | 'u' | null
  columns: readonly string[]
}

async function columnsToCollate(client: pg.Client): Promise<Column[]> {
  const { rows } = await client.query<Column>(OTHERWISE)
  return rows
}

/** Whether ids are in the order of time, which removing what is older than a time relies on. */
export async function idsAreByteOrdered(sql: Sql): Promise<boolean> {
  return (await sql.query(OTHERWISE)).length === 0
}

const OTHERWISE = `
    select quote_ident(relname) as table, quote_ident(attname) as column
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    where relnamespace = current_schema()::regnamespace and relkind = 'r' and attnum > 0
      and not attisdropped and atttypid = 'text'::regtype and attname ~ '^(id|.*_id)$'
      and attname not in ('external_id', 'user_id') and attcollation <> '"C"'::regcollation
    order by relname, attnum`

/** The indexes that an ALTER of the columns would build anew. Partial ones cannot be exchanged, and are small. */
async function indexesOn(client: pg.Client, columns: readonly Column[]): Promise<Index[]> {
  const collated = new Set(columns.map(({ table, column }) => `${table}.${column}`))
  const { rows } = await client.query<Index>(
    `select quote_ident(index.relname) as name, quote_ident(index.relname || '_c') as twin,
      quote_ident(owner.relname) as table, indisunique as unique, contype as constraint,
      array(
        select pg_get_indexdef(indexrelid, position, true)
        from generate_series(1, indnkeyatts) as position
      ) as columns
    from pg_index
    join pg_class as index on index.oid = indexrelid
    join pg_class as owner on owner.oid = indrelid
    left join pg_constraint on conindid = indexrelid and contype in ('p', 'u')
    where owner.relnamespace = current_schema()::regnamespace and indpred is null
      and index.relname !~ '_c$'`,
  )
  return rows
    .filter(({ table, columns: its }) => its.some((one) => collated.has(`${table}.${one}`)))
    .map((index) => ({
      ...index,
      columns: index.columns.map((one) =>
        collated.has(`${index.table}.${one}`) ? `${one} collate "C"` : one,
      ),
    }))
}

/** Built without locking out writers. One that was interrupted is left invalid, and built anew. */
async function buildTwin(client: pg.Client, index: Index): Promise<void> {
  const { rows } = await client.query<{ valid: boolean }>(
    'select indisvalid as valid from pg_index where indexrelid = to_regclass($1)',
    [index.twin],
  )
  if (rows[0]?.valid) return
  await client.query(`drop index if exists ${index.twin}`)
  await client.query(
    `create ${index.unique ? 'unique' : ''} index concurrently ${index.twin}
    on ${index.table} (${index.columns.join(', ')})`,
  )
}

async function isOlderReleaseConnected(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_stat_activity where datname = current_database() and application_name = $1 limit 1`,
    [OLDER_RELEASE],
  )
  return rows.length > 0
}

/** @returns false when a table was in use for too long: try again later */
async function exchange(
  client: pg.Client,
  columns: readonly Column[],
  indexes: readonly Index[],
): Promise<boolean> {
  const tables = [...new Set(columns.map(({ table }) => table))]
  try {
    await client.query('begin')
    await client.query(`set local lock_timeout = ${LOCK_WAIT_MS}`)
    await client.query(`lock table ${tables.join(', ')} in access exclusive mode`)
    await dropLateIndexes(client, tables)
    const references = await foreignKeysOf(client)
    for (const { table, name } of references) {
      await client.query(`alter table ${table} drop constraint ${name}`)
    }
    for (const { constraint, name, table } of indexes) {
      const drop = constraint ? `alter table ${table} drop constraint` : 'drop index'
      await client.query(`${drop} ${name}`)
    }
    for (const table of tables) {
      const changes = columns
        .filter((one) => one.table === table)
        .map(({ column }) => `alter column ${column} type text collate "C"`)
      await client.query(`alter table ${table} ${changes.join(', ')}`)
    }
    for (const { constraint, name, table, twin } of indexes) {
      const kind = constraint === 'p' ? 'primary key' : 'unique'
      await client.query(
        constraint
          ? `alter table ${table} add constraint ${name} ${kind} using index ${twin}`
          : `alter index ${twin} rename to ${name}`,
      )
    }
    for (const { definition, name, table } of references) {
      await client.query(`alter table ${table} add constraint ${name} ${definition} not valid`)
    }
    await client.query('commit')
    return true
  } catch (error) {
    await client.query('rollback')
    if (sqlState(error) === LOCK_NOT_AVAILABLE || sqlState(error) === DEADLOCK) return false
    throw error
  }
}

const LOCK_NOT_AVAILABLE = '55P03'
const DEADLOCK = '40P01'

interface ForeignKey {
  table: string
  name: string
  definition: string
  valid: boolean
}

async function foreignKeysOf(client: pg.Client): Promise<ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(
    `select quote_ident(relname) as table, quote_ident(conname) as name, convalidated as valid,
      regexp_replace(pg_get_constraintdef(pg_constraint.oid), ' NOT VALID$', '') as definition
    from pg_constraint join pg_class on pg_class.oid = conrelid
    where contype = 'f' and relnamespace = current_schema()::regnamespace`,
  )
  return rows
}

/** The partial index without which nothing is sent. It has the waiting deliveries alone, so it is small. */
const NEEDED = 'delivery_due'

/** Puts the other partial indexes off until after the exchange. What is to be built is kept in a table meanwhile. */
async function dropLateIndexes(client: pg.Client, tables: readonly string[]): Promise<void> {
  await client.query(
    'create table bigmind_late_index (name text primary key, definition text not null)',
  )
  const { rows } = await client.query<{ name: string }>(
    `insert into bigmind_late_index
    select quote_ident(index.relname), pg_get_indexdef(indexrelid)
    from pg_index join pg_class as index on index.oid = indexrelid
    where indrelid = any($1::regclass[]) and indpred is not null and index.relname <> $2
      and exists (
        select from pg_attribute
        where attrelid = indrelid and attnum = any(indkey) and attname ~ '^(id|.*_id)$'
      )
    returning name`,
    [tables, NEEDED],
  )
  for (const { name } of rows) await client.query(`drop index ${name}`)
}

async function hasLateIndexes(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(`select to_regclass('bigmind_late_index') is not null as has`)
  return rows[0].has
}

/** What is left after the exchange. Writers go on meanwhile. @returns true */
async function finish(client: pg.Client): Promise<true> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    'select name, definition from bigmind_late_index',
  )
  for (const { definition, name } of rows) {
    // One that an interrupted build left is invalid.
    await client.query(`drop index if exists ${name}`)
    await client.query(definition.replace(' INDEX ', ' INDEX CONCURRENTLY '))
  }
  for (const { name, table, valid } of await foreignKeysOf(client)) {
    if (!valid) await client.query(`alter table ${table} validate constraint ${name}`)
  }
  // The old statistics went with the old collation.
  await client.query('analyze')
  await client.query('drop table bigmind_late_index')
  return true
}
