import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { startEmbeddedPostgres } from '../storage/embedded-postgres/embedded-postgres.ts'
import { draftMigration } from '../storage/migrations/migration-draft.ts'
import { MIGRATIONS } from '../storage/migrations/migration-folder.ts'

// Writes prisma/migrations/<timestamp>_<name>/migration.sql: what leads from the migrations so far to schema.prisma.
const name = process.argv[2]
if (!name || !/^[a-z0-9_]+$/.test(name)) {
  console.error(
    'Say what it does, in lower-case letters, digits and underscores: npm run migration -- add_labels',
  )
  process.exit(2)
}

const dataDir = await mkdtemp(join(tmpdir(), 'bigmind-migration-'))
const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } })
try {
  const sql = await draftMigration(postgres.url)
  if (sql === null) {
    console.log('The migrations already lead to schema.prisma: nothing to write.')
  } else {
    const timestamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
    const folder = join(MIGRATIONS, `${timestamp}_${name}`)
    await mkdir(folder)
    await writeFile(join(folder, 'migration.sql'), sql)
    console.log(
      `Wrote ${relative(process.cwd(), folder)}/migration.sql. Read it before you commit it.`,
    )
  }
} finally {
  await postgres.stop()
  await rm(dataDir, { recursive: true })
}
