import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/storage/embedded-postgres/embedded-postgres.ts'
import { migrate } from '../../src/storage/migrations/migrations.ts'
import { bundlePrograms } from './bundled-programs.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the test run's server: the database from which others are made. */
    serverUrl: string
    /** Of the database that is cloned for each file that wants one. */
    templateName: string
    /** The folder of the bundled programs. */
    programs: string
  }
}

const TEMPLATE = 'bigmind_template'

/** Nothing in a test run has to outlast a crash. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

interface TestServer {
  url: string
  programs: string
  stop(): Promise<void>
}

/** Vitest loads this file once for each of its projects. What they share cannot be a variable of the module. */
const shared = globalThis as {
  testServer?: Promise<TestServer> | undefined
  testServerUsers?: number
}

/**
 * Provides one PostgreSQL for the whole run, in a fresh folder, with a migrated template that has pg-boss's schema as well,
 * and the bundled programs.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.testServer ??= startTestServer()
  shared.testServerUsers = (shared.testServerUsers ?? 0) + 1
  const server = await shared.testServer
  project.provide('serverUrl', server.url)
  project.provide('templateName', TEMPLATE)
  project.provide('programs', server.programs)
  return async () => {
    shared.testServerUsers = (shared.testServerUsers ?? 0) - 1
    if (shared.testServerUsers > 0) return
    shared.testServer = undefined
    await server.stop()
  }
}

async function startTestServer(): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bigmind-test-'))
  const caretaker = startCaretaker(dataDir)
  const postgres = await startEmbeddedPostgres({ dataDir, settings: FAST })
  await createTemplate(postgres.url)
  return {
    url: postgres.url,
    programs: await bundlePrograms(),
    async stop() {
      const kept = process.env.KEEP_DATABASES ? await countKept(postgres.url) : 0
      if (kept > 0) {
        console.log(`${kept} databases kept, on a server that goes on running over ${dataDir}`)
        caretaker.end('keep')
      } else {
        await postgres.stop()
        await rm(dataDir, { recursive: true, force: true })
        caretaker.end()
      }
    },
  }
}

/** Cleans up when the run ends without doing so. In a session of its own, so that Ctrl-C does not reach it. */
function startCaretaker(dataDir: string): Writable {
  const script = fileURLToPath(new URL('after-the-run.ts', import.meta.url))
  const child = spawn(process.execPath, [script, dataDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.unref()
  return child.stdin
}

async function countKept(serverUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  const query = `select from pg_database where datname like 'test\\_%'`
  const { rows } = await client.query(query).finally(() => client.end())
  return rows.length
}

async function createTemplate(serverUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  await client.query(`create database ${TEMPLATE}`)
  const url = new URL(serverUrl)
  url.pathname = TEMPLATE
  await migrate(url.href)
  const boss = new PgBoss({ connectionString: url.href, supervise: false, schedule: false })
  boss.on('error', console.error)
  await boss.start()
  await boss.stop({ graceful: false })
  // PostgreSQL cannot clone a template while a client is connected to it.
  await client.query(`alter database ${TEMPLATE} allow_connections false`)
  await client.end()
}
