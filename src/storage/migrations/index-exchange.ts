import type pg from 'pg'
import { isLockTimeout, LOCK_TIMEOUT_MS } from './lock-waits.ts'

/** A column of type text with ids. Names are quoted. */
export interface Column {
  table: string
  column: string
}

export interface Index {
  name: string
  twin: string
  table: string
  unique: boolean
  /** 'p' for the index of a primary key, 'u' for that of a unique constraint; both have the name of the constraint. */
  constraint: 'p' | 'u' | null
  columns: readonly string[]
}

/**
 * Replaces the old indexes by the new ones and changes the columns, in one transaction. Foreign keys stay NOT VALID: the rows
 * were checked when they were written, and VALIDATE CONSTRAINT would delay the feeds while it reads them all again.
 * @returns false when a table was locked for too long, so that it must be repeated
 */
export async function exchangeIndexes(
  client: pg.Client,
  columns: readonly Column[],
  indexes: readonly Index[],
): Promise<boolean> {
  const tables = [...new Set(columns.map(({ table }) => table))]
  try {
    await client.query('begin')
    // A time limit for the whole statement: lock_timeout would apply to each table.
    await client.query(`set local statement_timeout = ${LOCK_TIMEOUT_MS}`)
    await client.query(`lock table ${tables.join(', ')} in access exclusive mode`)
    await client.query('set local statement_timeout = 0')
    await dropLateIndexes(client, tables)
    const references = await foreignKeysOf(client)
    await dropDependents(client, indexes, references)
    for (const table of tables) {
      const changes = columns
        .filter((one) => one.table === table)
        .map(({ column }) => `alter column ${column} type text collate "C"`)
      await client.query(`alter table ${table} ${changes.join(', ')}`)
    }
    await addDependents(client, indexes, references)
    await client.query('commit')
    return true
  } catch (error) {
    await client.query('rollback')
    if (isLockTimeout(error)) return false
    throw error
  }
}

async function dropDependents(
  client: pg.Client,
  indexes: readonly Index[],
  references: readonly ForeignKey[],
): Promise<void> {
  for (const { table, name } of references) {
    await client.query(`alter table ${table} drop constraint ${name}`)
  }
  for (const { constraint, name, table } of indexes) {
    const drop = constraint ? `alter table ${table} drop constraint` : 'drop index'
    await client.query(`${drop} ${name}`)
  }
}

async function addDependents(
  client: pg.Client,
  indexes: readonly Index[],
  references: readonly ForeignKey[],
): Promise<void> {
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
}

interface ForeignKey {
  table: string
  name: string
  definition: string
}

async function foreignKeysOf(client: pg.Client): Promise<ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(
    `select quote_ident(relname) as table, quote_ident(conname) as name,
      regexp_replace(pg_get_constraintdef(pg_constraint.oid), ' NOT VALID$', '') as definition
    from pg_constraint join pg_class on pg_class.oid = conrelid
    where contype = 'f' and relnamespace = current_schema()::regnamespace`,
  )
  return rows
}

/** The partial index that deliveries are sent by. It contains PENDING deliveries alone, so it is small. */
const DUE_INDEX = 'delivery_due'

/** Drops the other partial indexes, and stores their definitions in a table until they are rebuilt. */
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
    [tables, DUE_INDEX],
  )
  for (const { name } of rows) await client.query(`drop index ${name}`)
}

export async function hasLateIndexes(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(`select to_regclass('bigmind_late_index') is not null as has`)
  return rows[0].has
}

/** Rebuilds the partial indexes without blocking writes. @returns true */
export async function finishExchange(client: pg.Client): Promise<true> {
  // Changing the collation deleted the statistics.
  await client.query('analyze')
  const { rows } = await client.query<{ name: string; definition: string }>(
    'select name, definition from bigmind_late_index',
  )
  for (const { definition, name } of rows) {
    // An interrupted build left an invalid index.
    await client.query(`drop index concurrently if exists ${name}`)
    await client.query(definition.replace(' INDEX ', ' INDEX CONCURRENTLY '))
  }
  await client.query('drop table bigmind_late_index')
  return true
}
