import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject, type RunnerTestSuite, vi } from 'vitest'

export type TestDatabase = {
  url: string
  /** Ends all connections to it and drops it, unless it is to be kept. */
  drop(): Promise<void>
}

const open = new Set<TestDatabase>()
let file: Readonly<RunnerTestSuite> | undefined

/** Says which file the databases from now on belong to. */
export function ownDatabases(suite: Readonly<RunnerTestSuite>): void {
  file = suite
}

/** Drops those of the file. */
export async function dropDatabases(): Promise<void> {
  await Promise.all([...open].map((database) => database.drop()))
}

/**
 * Creates a database for the test file: a clone of the migrated template with the schema of pg-boss, or with `empty` or
 * options of CREATE DATABASE one without tables. It is dropped after the file. If a test of the file fails and KEEP_DATABASES
 * is set, it is kept, and its URL is printed.
 */
export async function createDatabase({ empty = false, options = '' } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await onServer(
    `create database ${name} template ${empty || options ? 'template0' : inject('templateName')} ${options} strategy file_copy`,
  )
  const url = new URL(inject('serverUrl'))
  url.pathname = name
  const database: TestDatabase = {
    url: url.href,
    async drop() {
      if (!open.delete(database)) return
      if (process.env.KEEP_DATABASES && file && hasFailed(file)) {
        console.log(`kept for a look at what failed: ${url.href}`)
      } else {
        await dropDatabase(name)
      }
    },
  }
  open.add(database)
  return database
}

/** Makes the database take the time of pg-boss's TestClock, which moves the function of pg-boss. */
export async function followTestClock(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client
    .query(
      `create or replace function service_now() returns timestamptz language sql stable
      as 'select pgboss.job_now()'`,
    )
    .finally(() => client.end())
}

function hasFailed(suite: Readonly<RunnerTestSuite>): boolean {
  return suite.tasks.some((task) =>
    task.type === 'suite' ? hasFailed(task) : task.result?.state === 'fail',
  )
}

/** The server's own vacuum may be at work in it, which our role may not end: it is waited for. */
function dropDatabase(name: string): Promise<void> {
  return vi.waitFor(() => onServer(`drop database ${name} with (force)`), {
    timeout: 10_000,
    interval: 100,
  })
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('serverUrl') })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}
