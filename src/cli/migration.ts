import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { startEmbeddedPostgres } from '../storage/embedded-postgres/embedded-postgres.ts'
import { draftMigration } from '../storage/migrations/migration-draft.ts'
import { MIGRATIONS } from '../storage/migrations/migration-folder.ts'

const USAGE = `Usage: npm run migration -- NAME

Write prisma/migrations/TIMESTAMP_NAME/migration.sql, which changes the tables
from those of the existing migrations to those of prisma/schema.prisma.

NAME says what the migration does, in lower-case letters, digits and
underscores, such as add_labels.`

async function main([name = '']: readonly string[]): Promise<void> {
  if (name === '--help' || name === '-h') return void console.log(USAGE)
  if (!/^[a-z0-9_]+$/.test(name)) {
    console.error(
      name === ''
        ? 'No name was given.'
        : `"${name}" is not a name of lower-case letters, digits and underscores.`,
    )
    console.error('See: npm run migration -- --help')
    process.exit(2)
  }
  const sql = await draft()
  if (sql === null) {
    return void console.log('The migrations match schema.prisma. Nothing was written.')
  }
  console.log(`Wrote ${await write(name, sql)}. Review it before you commit it.`)
}

/** @returns the SQL of the migration; null when the migrations match schema.prisma */
async function draft(): Promise<string | null> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bigmind-migration-'))
  const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } })
  try {
    return await draftMigration(postgres.url)
  } finally {
    await postgres.stop()
    await rm(dataDir, { recursive: true })
  }
}

/** @returns the path of the file */
async function write(name: string, sql: string): Promise<string> {
  const timestamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
  const file = join(MIGRATIONS, `${timestamp}_${name}`, 'migration.sql')
  await mkdir(join(file, '..'))
  await writeFile(file, sql)
  return relative(process.cwd(), file)
}

await main(process.argv.slice(2))
