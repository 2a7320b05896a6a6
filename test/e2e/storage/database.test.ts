import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { createDatabase as connect, type DatabaseAdapter } from '../../../src/storage/database.ts'
import { createDatabase } from '../../helpers/database.ts'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

async function startDatabase(): Promise<{ db: DatabaseAdapter; url: string }> {
  const { url } = await createDatabase({ empty: true })
  const db = connect(url, { log: SILENT })
  onTestFinished(() => db.close())
  return { db, url }
}

const backend = `select pg_backend_pid() as pid`

test('a transaction whose connection is cut between two statements fails, and others do not', async () => {
  const { db, url } = await startDatabase()
  const other = new pg.Client({ connectionString: url })
  await other.connect()
  onTestFinished(() => other.end())

  const cut = db.transaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>(backend)
    await other.query('select pg_terminate_backend($1, 5000)', [row!.pid])
    // The end of the connection is here before the next statement leaves.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    await tx.query('select 1')
  })

  const error = await cut.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Error)
  expect(db.isTransient(error)).toBe(true)
  expect(await db.query('select 1 as one')).toEqual([{ one: 1 }])
})

test('transient errors are distinguished from permanent ones', async () => {
  const { db } = await startDatabase()
  const fault = (sql: string) => db.query(sql).catch((error: unknown) => db.isTransient(error))
  expect(await fault('select pg_terminate_backend(pg_backend_pid())')).toBe(true)
  expect(await fault('select no_such_column')).toBe(false)
  const nowhere = connect('postgres://127.0.0.1:1/nothing', { log: SILENT })
  onTestFinished(() => nowhere.close())
  expect(
    await nowhere.query('select 1').catch((error: unknown) => nowhere.isTransient(error)),
  ).toBe(true)
})
