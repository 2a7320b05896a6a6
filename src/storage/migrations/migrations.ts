import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import { ADVISORY_LOCKS } from '../advisory-locks.ts'
import { createEndpoints, openClient } from '../connection/client.ts'
import { checkServer } from '../connection/server.ts'
import type { Sql } from '../database.ts'
import { describeHolder, findLockHolder, isLockTimeout, LOCK_TIMEOUT_MS } from './lock-waits.ts'
import { MIGRATIONS, type Migration, readMigrations } from './migration-folder.ts'

/** Milliseconds for which the start waits for locked tables, and from one try to the next. */
const LOCK_WAIT_MS = 60_000
const LOCK_PAUSE_MS = 1_000

/** The migrations of the database and of this program differ. The message says how, and what to do. */
export class MigrationError extends Error {
  override name = 'MigrationError'
}

/**
 * Applies the pending migrations of this program to the database at `url`, all in one transaction. Several processes may call
 * it at once: one of them applies. One connection and two queries when none is pending.
 * @param lockWaitMs how long it waits for transactions that have locked a table
 * @returns the names of the applied migrations
 * @throws MigrationError when the database was migrated by a newer program, when a recorded migration differs from that of
 *   this program, when a migration fails or failed before, or when a table stays locked; DatabaseServerError when the service cannot use this server
 */
export async function migrate(
  url: string,
  folder = MIGRATIONS,
  lockWaitMs = LOCK_WAIT_MS,
): Promise<string[]> {
  const endpoints = createEndpoints(url)
  const migrations = await readMigrations(folder)
  const client = await openClient(endpoints, { applicationName: 'bigmind-webhooks migrations' })
  try {
    await checkServer(client, endpoints)
    const recorded = await readRecorded(client)
    if (recorded.own && findPending(recorded, migrations).length === 0) return []
    for (const begun = performance.now(); ; await pause(LOCK_PAUSE_MS)) {
      const applied = await applyInTransaction(client, migrations, endpoints.address)
      if (applied !== null) return applied
      if (performance.now() - begun < lockWaitMs) continue
      throw new MigrationError(
        `The tables could not be changed: they are locked by ${describeHolder(await findLockHolder(client))}`,
      )
    }
  } finally {
    await client.end()
  }
}

/**
 * Does not wait longer for a lock than other transactions can wait behind it.
 * @returns the names of the applied migrations; null when a table was locked, and nothing was applied
 */
async function applyInTransaction(
  client: pg.Client,
  migrations: readonly Migration[],
  address: { schema: string },
): Promise<string[] | null> {
  await client.query('begin')
  await client.query('select pg_advisory_xact_lock($1::bigint)', [ADVISORY_LOCKS.migrations])
  await client.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`)
  try {
    const applied = await applyPending(client, migrations, address)
    await client.query('commit')
    return applied
  } catch (error) {
    await client.query('rollback')
    if (error instanceof MigrationError && isLockTimeout(error.cause)) return null
    throw error
  }
}

/**
 * Whether all migrations of this program are applied. The database may have more: older processes continue while a newer
 * program is rolled out.
 * @throws the error of a database that is unreachable
 */
export async function areApplied(sql: Sql, migrations: readonly Migration[]): Promise<boolean> {
  const names = migrations.map(({ name }) => name)
  const [row] = await sql.query<{ applied: number }>(
    'select count(*)::int as applied from bigmind_migration where name = any($1)',
    [names],
  )
  return row?.applied === names.length
}

interface Recorded {
  /** Whether the table `bigmind_migration` exists. */
  own: boolean
  /** The rows of that table or, for a database of an older release, of Prisma's table. */
  rows: { name: string; checksum: string; finished: boolean; logs: string | null }[]
}

const OWN = `select name, checksum, true as finished, null as logs from bigmind_migration`

/** This table may contain migrations of other programs that use Prisma. */
const PRISMA = `
  select migration_name as name, checksum, finished_at is not null as finished, logs
  from _prisma_migrations where rolled_back_at is null`

async function readRecorded(client: pg.Client): Promise<Recorded> {
  const { rows: tables } = await client.query<{ own: boolean; prisma: boolean }>(
    `select
      exists (select from pg_tables where schemaname = current_schema() and tablename = 'bigmind_migration') as own,
      exists (select from pg_tables where schemaname = current_schema() and tablename = '_prisma_migrations') as prisma`,
  )
  const { own, prisma } = tables[0]!
  if (own) {
    const { rows } = await client.query<Recorded['rows'][number]>(OWN)
    return { own, rows }
  }
  if (!prisma) return { own, rows: [] }
  const { rows } = await client.query<Recorded['rows'][number]>(PRISMA)
  return { own, rows }
}

/** Ignores unknown migrations in Prisma's table, which other programs may share, but not in the service's own. */
function findPending({ own, rows }: Recorded, migrations: readonly Migration[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const row of rows) {
    const migration = known.get(row.name)
    if (migration) {
      if (!row.finished) throw new MigrationError(describeFailed(row))
      if (migration.checksum !== row.checksum) throw new MigrationError(describeChanged(row.name))
    } else if (own) {
      throw new MigrationError(
        `The database is newer than this program: it has the migration ${row.name}, which this program does not know. ` +
          'Start a version of the program that has it, or go back to a copy of the database from before.',
      )
    }
  }
  const applied = new Set(rows.map(({ name }) => name))
  return migrations.filter(({ name }) => !applied.has(name))
}

const describeChanged = (name: string) =>
  `The migration ${name} was changed after it had been applied to this database. ` +
  'Restore its migration.sql as it was, and put the change into a new migration.'

const describeFailed = ({ name, logs }: Recorded['rows'][number]) =>
  `The migration ${name} was begun on this database but did not end${logs ? `: ${logs.trim()}` : '.'}\n` +
  'Undo by hand what it had done, then let it be applied anew: update _prisma_migrations set rolled_back_at = now() ' +
  `where migration_name = '${name}' and finished_at is null`

/** Applies the pending migrations in the caller's transaction. @returns their names */
async function applyPending(
  client: pg.Client,
  migrations: readonly Migration[],
  { schema }: { schema: string },
): Promise<string[]> {
  const { rows } = await client.query('select from pg_namespace where nspname = $1', [schema])
  if (rows.length === 0) await client.query(`create schema "${schema}"`)
  const recorded = await readRecorded(client)
  const pending = findPending(recorded, migrations)
  const names = new Set(migrations.map(({ name }) => name))
  const before = recorded.own ? [] : recorded.rows.filter(({ name }) => names.has(name))
  if (!recorded.own) await client.query(CREATE_RECORD)
  for (const { name, checksum } of before) await client.query(RECORD, [name, checksum])
  for (const { name, sql, checksum } of pending) {
    try {
      await client.query(sql)
    } catch (error) {
      throw new MigrationError(describeFailure(name, error as pg.DatabaseError, schema), {
        cause: error,
      })
    }
    await client.query(RECORD, [name, checksum])
    if (before.length > 0) await client.query(RECORD_FOR_OLDER_PROGRAMS, [name, checksum])
  }
  return pending.map(({ name }) => name)
}

const CREATE_RECORD = `
create table bigmind_migration (
  name text collate "C" primary key,
  checksum text not null,
  applied_at timestamptz not null default now()
)`

const RECORD = 'insert into bigmind_migration (name, checksum) values ($1, $2)'

/** Lets releases before `bigmind_migration` detect that the database is newer. */
const RECORD_FOR_OLDER_PROGRAMS = `
insert into _prisma_migrations
  (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
values (gen_random_uuid()::text, $2, now(), $1, now(), 1)`

const EXISTS_ALREADY = new Set(['42P07', '42710', '42723'])

function describeFailure(name: string, error: pg.DatabaseError, schema: string): string {
  const failed = `The migration ${name} failed, and nothing of it was kept: ${error.message}`
  if (!EXISTS_ALREADY.has(error.code ?? '')) return failed
  return `${failed}. The schema "${schema}" is in use by another program: give the service one of its own, as in DATABASE_URL=postgres://…?schema=bigmind.`
}
