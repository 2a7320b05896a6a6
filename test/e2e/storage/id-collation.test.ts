import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { createDatabase as connect } from '../../../src/storage/database.ts'
import {
  idsAreByteOrdered,
  migrateIdCollation,
} from '../../../src/storage/migrations/id-collation.ts'
import { MIGRATIONS } from '../../../src/storage/migrations/migration-folder.ts'
import { migrate } from '../../../src/storage/migrations/migrations.ts'
import { readCatalog } from '../../helpers/catalog.ts'
import { createDatabase } from '../../helpers/database.ts'
import { deliveriesOf, publishTodos, receivedAll } from '../../helpers/deliveries.ts'
import { collectingLog } from '../../helpers/embedded-database.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { SILENT } from '../../helpers/silent-log.ts'
import { createWorld } from '../../helpers/world.ts'

/** In Danish "aa" comes after "z", so ids sort differently than by their bytes. */
const DANISH = { options: `locale_provider icu icu_locale 'da' locale 'C' encoding 'UTF8'` }

const MIGRATION = '20261127141000_ids_by_bytes'

async function open(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

/** A Danish database in use, whose ids have its own collation as those of releases before. */
async function databaseOfBefore(): Promise<string> {
  const { url } = await createDatabase(DANISH)
  const folder = await mkdtemp(join(tmpdir(), 'bigmind-migrations-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await cp(MIGRATIONS, folder, { recursive: true })
  await rm(join(folder, MIGRATION), { recursive: true })
  await migrate(url, folder)
  const client = await open(url)
  await client.query(`insert into organization (id, name) values ('org_1', 'Before')`)
  expect(await migrate(url)).toEqual([MIGRATION])
  return url
}

const never = () => new AbortController().signal

const idsBySort = async (client: pg.Client) =>
  (await client.query<{ id: string }>('select id from organization order by id')).rows.map(
    ({ id }) => id,
  )

test('in a new database every id sorts by its bytes, whatever the language of the database', async () => {
  const { url } = await createDatabase(DANISH)
  await migrate(url)
  const client = await open(url)
  await client.query(
    `insert into organization (id, name) values ('org_aa', 'a'), ('org_ab', 'a'), ('org_z', 'a')`,
  )
  expect(await idsBySort(client)).toEqual(['org_aa', 'org_ab', 'org_z'])
  const db = connect(url, { log: SILENT })
  onTestFinished(() => db.close())
  expect(await idsAreByteOrdered(db)).toBe(true)
})

test('a database in use gets the collation while the service runs, and is then like a new one except that foreign keys are not validated again', async () => {
  const url = await databaseOfBefore()
  await using world = await createWorld({ databaseUrl: url, worker: false })
  expect(await idsAreByteOrdered(world.app.ports.db)).toBe(false)
  await using receiver = await startReceiver()
  const { id } = await activeDestination(world.client, { url: receiver.url })
  const worker = await world.addProcess()

  let done = false
  const collated = collateUntilDone(url).finally(() => {
    done = true
  })
  const events: string[] = []
  while (!done) events.push(...(await publishTodos(world.client, 20)))
  await collated
  events.push(...(await publishTodos(world.client, 20)))
  await receivedAll(receiver, events)
  await expect
    .poll(async () => (await deliveriesOf(world.client, id)).map(({ status }) => status), {
      timeout: 10_000,
    })
    .toEqual(events.map(() => 'SUCCEEDED'))
  await worker.close()

  const fresh = await createDatabase(DANISH)
  await migrate(fresh.url)
  const catalog = await readCatalog(await open(url))
  expect(catalog.map((fact) => fact.replace(/ NOT VALID$/, ''))).toEqual(
    await readCatalog(await open(fresh.url)),
  )
})

test('a transaction that has locked a table is named in a warning, and a later try succeeds', async () => {
  const url = await databaseOfBefore()
  const other = await open(url)
  await other.query(`set application_name = 'monthly report'`)
  await other.query('begin')
  await other.query('lock table delivery_attempt in access share mode')
  const { log, messages } = collectingLog()
  expect(await migrateIdCollation({ url, log }, never())).toBe(false)
  expect(messages).toEqual([
    expect.stringMatching(
      /^ids do not sort by bytes yet, and the next try is in 60 s: a table was locked by the transaction of the session \d+ \(application "monthly report", open for \d+ s\): let it end, or end it with SELECT pg_terminate_backend\(\d+\)\.$/,
    ),
  ])
  await other.query('commit')
  await collateUntilDone(url)
})

test('an index that waits for a transaction is reported with the session that has it open', async () => {
  const url = await databaseOfBefore()
  const other = await open(url)
  await other.query(`set application_name = 'pg_dump'`)
  await other.query('begin isolation level repeatable read')
  await other.query('select from organization')
  const { log, messages } = collectingLog()
  const collated = migrateIdCollation({ url, log, intervalMs: 50 }, never())
  await expect
    .poll(() => messages, { timeout: 20_000 })
    .toEqual([
      expect.stringMatching(
        /^an index .* is not built until another transaction ends: .*application "pg_dump".*pg_terminate_backend/,
      ),
    ])
  await other.query('commit')
  expect(await collated).toBe(true)
})

async function collateUntilDone(url: string): Promise<void> {
  while (!(await migrateIdCollation({ url, log: SILENT }, never())));
}

test('the next step completes an interrupted one, and a step waits while an older release runs', async () => {
  const url = await databaseOfBefore()
  const client = await open(url)
  // An interrupted build leaves an invalid index.
  await client.query('create index event_pkey_c on event (type)')
  await client
    .query(`update pg_index set indisvalid = false where indexrelid = 'event_pkey_c'::regclass`)
    .catch(() => client.query('drop index event_pkey_c'))
  const older = new pg.Client({ connectionString: url, application_name: 'bigmind-webhooks' })
  await older.connect()
  expect(await migrateIdCollation({ url, log: SILENT }, never())).toBe(false)
  await older.end()
  await collateUntilDone(url)
  expect(await migrateIdCollation({ url, log: SILENT }, never())).toBe(true)
})
