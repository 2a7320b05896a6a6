import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { startEmbeddedPostgres } from '../storage/embedded-postgres/embedded-postgres.ts'
import { draftMigration } from '../storage/migrations/migration-draft.ts'
import { MIGRATIONS } from '../storage/migrations/migration-folder.ts'

// Writes prisma/migrations/<timestamp>_<name>/migration.sql: the difference between the migrations and schema.prisma.
const name = process.argv[2]
if (!name || !/^[a-z0-9_]+$/.test(name)) {
  console.error(
    'Usage: npm run migration -- NAME\n\nNAME says what the migration does, in lower-case letters, digits and underscores, such as add_labels.',
  )
  process.exit(2)
}

const dataDir = await mkdtemp(join(tmpdir(), 'bigmind-migration-'))
const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } })
try {
  const sql = await draftMigration(postgres.url)
  if (sql === null) {
    console.log('The migrations match schema.prisma. Nothing was written.')
  } else {
    const timestamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
    const folder = join(MIGRATIONS, `${timestamp}_${name}`)
    await mkdir(folder)
    await writeFile(join(folder, 'migration.sql'), sql)
    console.log(
      `Wrote ${relative(process.cwd(), folder)}/migration.sql. Review it before you commit it.`,
    )
  }
} finally {
  await postgres.stop()
  await rm(dataDir, { recursive: true })
}
