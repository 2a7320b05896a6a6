import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { draftMigration } from '../../../src/storage/migrations/migration-draft.ts'
import { MIGRATIONS, readMigrations } from '../../../src/storage/migrations/migration-folder.ts'
import { migrate } from '../../../src/storage/migrations/migrations.ts'
import { readCatalog } from '../../helpers/catalog.ts'
import { createDatabase } from '../../helpers/database.ts'

const names = (await readMigrations(MIGRATIONS)).map(({ name }) => name)

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

async function copyOfMigrations(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bigmind-migrations-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await cp(MIGRATIONS, folder, { recursive: true })
  return folder
}

async function addMigration(folder: string, { name, sql }: { name: string; sql: string }) {
  await mkdir(join(folder, name))
  await writeFile(join(folder, name, 'migration.sql'), sql)
}

test('an empty database gets every migration, and a second time none', async () => {
  const { url } = await createDatabase({ empty: true })
  expect(await migrate(url)).toEqual(names)
  expect(await migrate(url)).toEqual([])
})

test('of four concurrent migrations one applies', async () => {
  const { url } = await createDatabase({ empty: true })
  const applied = await Promise.all([migrate(url), migrate(url), migrate(url), migrate(url)])
  expect(applied.flat()).toEqual(names)
  const { rows } = await (await connect(url)).query('select name from bigmind_migration')
  expect(rows).toHaveLength(names.length)
})

test('a migration that was changed after it had been applied is refused by name', async () => {
  const { url } = await createDatabase({ empty: true })
  await migrate(url)
  const folder = await copyOfMigrations()
  await appendFile(join(folder, names[0]!, 'migration.sql'), '\n-- changed\n')
  await expect(migrate(url, folder)).rejects.toThrow(`${names[0]} was changed after`)
})

test('a database that has migrations which the program does not know is newer than the program', async () => {
  const { url } = await createDatabase({ empty: true })
  const folder = await copyOfMigrations()
  await addMigration(folder, { name: '29990101000000_later', sql: 'create table later (id int)' })
  await migrate(url, folder)
  await expect(migrate(url)).rejects.toThrow(/newer than this program.*29990101000000_later/)
})

test('a migration waits for a locked table without blocking others, and then reports who has locked it', async () => {
  const { url } = await createDatabase({ empty: true })
  const folder = await copyOfMigrations()
  await migrate(url, folder)
  const name = '29990101000000_later'
  await addMigration(folder, { name, sql: 'alter table event add column later int' })
  const client = await connect(url)
  await client.query(
    `set application_name = 'pg_dump'; begin; lock table event in access share mode`,
  )
  await expect(migrate(url, folder, 0)).rejects.toThrow(
    /^The tables could not be changed: they are locked by the transaction of the session \d+ \(application "pg_dump", open for \d+ s\): .*pg_terminate_backend/,
  )
  const waiting = migrate(url, folder)
  const reader = await connect(url)
  await reader.query('select from event')
  await client.query('commit')
  expect(await waiting).toEqual([name])
})

test('a failed migration is rolled back, reports the cause, and can be corrected and run again', async () => {
  const { url } = await createDatabase({ empty: true })
  const folder = await copyOfMigrations()
  const name = '29990101000000_later'
  await addMigration(folder, { name, sql: 'create table later (id int); select 1 / 0;' })
  await expect(migrate(url, folder)).rejects.toThrow(
    `${name} failed, and nothing of it was kept: division by zero`,
  )
  const client = await connect(url)
  const { rows } = await client.query(`select to_regclass('later') as later`)
  expect(rows).toEqual([{ later: null }])
  await writeFile(join(folder, name, 'migration.sql'), 'create table later (id int)')
  expect(await migrate(url, folder)).toEqual([...names, name])
})

/** As releases before the table bigmind_migration left it. */
async function recordAsBefore(client: pg.Client): Promise<void> {
  await client.query(PRISMA_TABLE)
  await client.query(
    `insert into _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
    select name, checksum, now(), name, 1 from bigmind_migration`,
  )
  await client.query('drop table bigmind_migration')
}

const PRISMA_TABLE = `
create table _prisma_migrations (
  id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null,
  logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(), applied_steps_count integer not null default 0
)`

test('a database of a release before keeps its migrations, and that release finds it newer than itself', async () => {
  const { url } = await createDatabase({ empty: true })
  await migrate(url)
  const client = await connect(url)
  await recordAsBefore(client)
  const folder = await copyOfMigrations()
  await addMigration(folder, { name: '29990101000000_later', sql: 'create table later (id int)' })
  expect(await migrate(url, folder)).toEqual(['29990101000000_later'])
  const { rows } = await client.query(
    'select migration_name as name from _prisma_migrations order by 1',
  )
  expect(rows.map(({ name }) => name)).toEqual([...names, '29990101000000_later'])
  expect(await migrate(url, folder)).toEqual([])
})

test('an unfinished migration of an earlier release is refused with advice', async () => {
  const { url } = await createDatabase({ empty: true })
  await migrate(url)
  const client = await connect(url)
  await recordAsBefore(client)
  await client.query(`update _prisma_migrations set finished_at = null, logs = 'disk full'`)
  await expect(migrate(url)).rejects.toThrow(
    /did not end: disk full\n.*set rolled_back_at = now\(\)/,
  )
})

test('Prisma migrations of another program in the same schema are ignored', async () => {
  const { url } = await createDatabase({ empty: true })
  const client = await connect(url)
  await client.query(PRISMA_TABLE)
  await client.query(
    `insert into _prisma_migrations (id, checksum, finished_at, migration_name) values ('1', 'x', now(), '20200101_init')`,
  )
  expect(await migrate(url)).toEqual(names)
  expect(await migrate(url)).toEqual([])
})

test('tables of another program in the same schema are not changed, and the error has advice', async () => {
  const { url } = await createDatabase({ empty: true })
  const client = await connect(url)
  await client.query('create table delivery (id int)')
  await expect(migrate(url)).rejects.toThrow(/in use by another program: .*\?schema=bigmind/)
  const { rows } = await client.query(`select tablename from pg_tables where schemaname = 'public'`)
  expect(rows).toEqual([{ tablename: 'delivery' }])
})

test('when one of several migrations fails, none of them is applied', async () => {
  const { url } = await createDatabase({ empty: true })
  const folder = await copyOfMigrations()
  await addMigration(folder, { name: '29990101000000_later', sql: 'select 1 / 0' })
  await expect(migrate(url, folder)).rejects.toThrow('division by zero')
  const { rows } = await (await connect(url)).query(
    `select tablename from pg_tables where schemaname = 'public'`,
  )
  expect(rows).toEqual([])
})

test('each write of a destination records its transaction and sends one notification', async () => {
  const { url } = await createDatabase()
  const client = await connect(url)
  const listener = await connect(url)
  const heard: (string | undefined)[] = []
  listener.on('notification', ({ channel, payload }) => heard.push(`${channel}:${payload}`))
  await listener.query('listen destination_changed')
  await client.query(`insert into organization (id, name) values ('org_1', 'Local')`)
  await client.query('begin')
  await client.query(
    `insert into destination (id, organization_id, name) values ('whk_1', 'org_1', 'One')`,
  )
  await client.query(`update destination set failure_count = 1`)
  await client.query('commit')
  const { rows } = await client.query(
    `update destination set failure_count = 2 returning changed_in = pg_current_xact_id() as stamped`,
  )
  expect(rows).toEqual([{ stamped: true }])
  await expect.poll(() => heard).toEqual(['destination_changed:', 'destination_changed:'])
})

test('schema.prisma and the migrations create the same database', async () => {
  const [scratch, bySchema, byMigrations] = await Promise.all([
    createDatabase({ empty: true }),
    createDatabase({ empty: true }),
    createDatabase({ empty: true }),
  ])
  expect(await draftMigration(scratch.url)).toBeNull()

  const schema = await connect(bySchema.url)
  await schema.query((await draftMigration(bySchema.url, 'empty')) ?? '')
  await migrate(byMigrations.url)
  const migrations = await connect(byMigrations.url)
  // Prisma's schema cannot say collations.
  const facts = (await readCatalog(migrations)).map((fact) => fact.replace('"C"', '"default"'))
  expect(facts).toEqual(await readCatalog(schema))
})
