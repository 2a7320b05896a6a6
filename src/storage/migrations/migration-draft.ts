import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { DiffTarget } from '@prisma/schema-engine-wasm'
import pg from 'pg'
import { MIGRATIONS, readMigrations, toMigrationList } from './migration-folder.ts'
import { startSchemaEngine } from './schema-engine.ts'

const SCHEMA = fileURLToPath(new URL('../../../prisma/schema.prisma', import.meta.url))

/**
 * The SQL that leads to schema.prisma: from the migrations that there are or, with `from: 'empty'`, from nothing. Null when
 * there is nothing to do. `scratchUrl` is an empty database, in which the migrations are played through. What Prisma cannot
 * say (triggers, storage settings) it neither sees nor writes.
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
