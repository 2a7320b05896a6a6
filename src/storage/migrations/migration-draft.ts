import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { DiffTarget, MigrationList } from '@prisma/schema-engine-wasm'
import pg from 'pg'
import { MIGRATIONS, type Migration, readMigrations } from './migration-folder.ts'
import { startSchemaEngine } from './schema-engine.ts'

const SCHEMA = fileURLToPath(new URL('../../../prisma/schema.prisma', import.meta.url))

/**
 * Returns the SQL that changes the database from the state of the migrations, or from an empty one, to schema.prisma. Null
 * when they are equal. Prisma neither compares nor writes what its schema cannot express, such as triggers.
 * @param scratchUrl an empty database, in which the migrations are applied
 */
export async function draftMigration(
  scratchUrl: string,
  from: 'migrations' | 'empty' = 'migrations',
): Promise<string | null> {
  const client = new pg.Client({ connectionString: scratchUrl })
  await client.connect()
  try {
    const engine = await startSchemaEngine(client)
    const list = toMigrationList(MIGRATIONS, await readMigrations(MIGRATIONS))
    const start: DiffTarget = from === 'empty' ? { tag: 'empty' } : { tag: 'migrations', ...list }
    const files = [{ path: 'schema.prisma', content: await readFile(SCHEMA, 'utf8') }]
    const { exitCode, stdout } = await engine.diff({
      from: start,
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    })
    return exitCode === 2 ? stdout : null
  } finally {
    await client.end()
  }
}

function toMigrationList(folder: string, migrations: Migration[]): MigrationList {
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  }
}
