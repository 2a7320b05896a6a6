import pg from 'pg'
import type { Sql } from '../services/ports.ts'
import { MIGRATIONS, type Migration, readMigrations, toMigrationList } from './migration-folder.ts'

/** Held while migrations are looked at and applied. Any number that nothing else in the database uses. */
const LOCK = 4_018_022

/** The database and this program's migrations do not fit. The message says what is wrong, and what to do. */
export class MigrationError extends Error {
  override name = 'MigrationError'
}

/**
 * Brings the database at `url` up to this program's migrations and returns the names of those it applied: none when the
 * database was up to date, which costs one connection and one query. Each is applied and recorded in one transaction, so
 * neither an error nor a crash leaves half of one. Any number of processes may call it at once: one of them applies.
 *
 * Throws a MigrationError when the database was migrated by a newer program, when a recorded migration is not the one
 * that this program has, or when a migration fails or has failed before.
 */
export async function migrate(url: string, folder = MIGRATIONS): Promise<string[]> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'bigmind-webhooks migrations',
  })
  client.on('error', () => {})
  try {
    const [migrations] = await Promise.all([readMigrations(folder), client.connect()])
    if ((await findPending(client, migrations)).length === 0) return []
    await client.query('select pg_advisory_lock($1::bigint)', [LOCK])
    const pending = await findPending(client, migrations)
    if (pending.length > 0) await apply(client, { folder, migrations, pending })
    return pending.map((migration) => migration.name)
  } finally {
    await client.end()
  }
}

/**
 * Whether every migration of this program is applied. There may be more: while a newer program is rolled out,
 * the older processes go on working.
 * @throws what the database says when it is away
 */
export async function areApplied(sql: Sql, migrations: readonly Migration[]): Promise<boolean> {
  const names = migrations.map(({ name }) => name)
  const [row] = await sql.query<{ applied: number }>(
    `select count(distinct migration_name)::int as applied from _prisma_migrations
    where migration_name = any($1) and finished_at is not null and rolled_back_at is null`,
    [names],
  )
  return row?.applied === names.length
}

type Recorded = { name: string; checksum: string; finished: boolean; logs: string | null }

async function findPending(client: pg.Client, migrations: Migration[]): Promise<Migration[]> {
  const recorded = await readRecorded(client)
  const unfinished = recorded.find(({ finished }) => !finished)
  if (unfinished) throw new MigrationError(describeFailed(unfinished))
  const known = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const { name, checksum } of recorded) {
    const migration = known.get(name)
    if (!migration) {
      throw new MigrationError(
        `The database is newer than this program: it has the migration ${name}, which this program does not know. ` +
          'Start a version of the program that has it, or go back to a copy of the database from before.',
      )
    }
    if (migration.checksum !== checksum) {
      throw new MigrationError(
        `The migration ${name} was changed after it had been applied to this database. ` +
          'Restore its migration.sql as it was, and put the change into a new migration.',
      )
    }
  }
  const applied = new Set(recorded.map(({ name }) => name))
  return migrations.filter(({ name }) => !applied.has(name))
}

async function readRecorded(client: pg.Client): Promise<Recorded[]> {
  try {
    const { rows } = await client.query<Recorded>(
      `select migration_name as name, checksum, finished_at is not null as finished, logs
       from _prisma_migrations where rolled_back_at is null`,
    )
    return rows
  } catch (error) {
    if ((error as pg.DatabaseError).code === '42P01') return []
    throw error
  }
}

function describeFailed({ name, logs }: Recorded): string {
  return (
    `The migration ${name} was begun on this database but did not end${logs ? `: ${logs.trim()}` : '.'}\n` +
    'Undo by hand what it had done, then let it be applied anew: update _prisma_migrations set rolled_back_at = now() ' +
    `where migration_name = '${name}' and finished_at is null`
  )
}

async function apply(
  client: pg.Client,
  {
    folder,
    migrations,
    pending,
  }: { folder: string; migrations: Migration[]; pending: Migration[] },
): Promise<void> {
  // Five megabytes of WebAssembly, loaded only when there is something to do.
  const { startSchemaEngine } = await import('./schema-engine.ts')
  let cause: Error | undefined
  const engine = await startSchemaEngine(client, (error) => {
    cause ??= error
  })
  const waiting = new Set(pending)
  for (const migration of pending) {
    waiting.delete(migration)
    const list = migrations.filter((other) => !waiting.has(other))
    await client.query('begin')
    try {
      await engine.applyMigrations({
        migrationsList: toMigrationList(folder, list),
        filters: { externalTables: [], externalEnums: [] },
      })
      await client.query('commit')
    } catch (error) {
      cause ??= error as Error
      throw new MigrationError(
        `The migration ${migration.name} failed, and nothing of it was kept: ${cause.message}`,
        { cause },
      )
    }
  }
}
