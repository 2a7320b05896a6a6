import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/storage/embedded-postgres/embedded-postgres.ts'
import { migrate } from '../../src/storage/migrations/migrations.ts'
import { type RunningPart, startPart } from './part.ts'
import type { Run } from './run.ts'
import { type ServiceProcess, startService } from './service.ts'

/** A fresh PostgreSQL with the service's own settings, and the processes that a benchmark runs over it. */
export interface Stage extends AsyncDisposable {
  databaseUrl: string
  /** What secrets are sealed with, as `ENCRYPTION_KEYS` says it. */
  encryptionKey: Buffer
  /** Runs a statement as the owner of the database, or as a superuser. */
  sql<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
  asSuperuser<Row = Record<string, unknown>>(text: string): Promise<Row[]>
  /** Makes another database, migrated. @returns the stage's parts that go with it */
  addDatabase(name: string): Promise<Pick<Stage, 'databaseUrl' | 'sql'>>
  service(
    role: 'api' | 'worker' | 'all',
    options?: { databaseUrl?: string; nodeOptions?: readonly string[] },
  ): Promise<ServiceProcess>
  // biome-ignore lint/suspicious/noExplicitAny: what a part's functions take is theirs to say.
  part<Part extends Record<string, (...args: any[]) => unknown>>(
    file: string,
  ): RunningPart<Part>['call']
}

/** @param settings of the server, beside those that the service gives its own */
export async function openStage(run: Run, settings: Record<string, string> = {}): Promise<Stage> {
  const parts = run.stack()
  const dataDir = await mkdtemp(join(tmpdir(), 'bigmind-bench-'))
  parts.defer(() => rm(dataDir, { recursive: true, force: true }))
  const starting = startEmbeddedPostgres({ dataDir, settings })
  // An interrupt may come while it starts.
  parts.defer(() => starting.then((server) => server.stop()))
  const postgres = await starting
  await migrate(postgres.url)
  const encryptionKey = randomBytes(32)
  const env = { ENCRYPTION_KEYS: `bench:${encryptionKey.toString('base64')}` }
  const superuser = new URL(postgres.url)
  superuser.username = 'postgres'
  superuser.password = (await readFile(join(dataDir, 'postgres-password'), 'utf8')).trim()
  return {
    databaseUrl: postgres.url,
    encryptionKey,
    sql: connect(postgres.url, parts),
    asSuperuser: connect(superuser.href, parts),
    async addDatabase(name) {
      const databaseUrl = postgres.url.replace(/[^/]+$/, name)
      await connect(postgres.url, parts)(`create database ${name}`)
      await migrate(databaseUrl)
      return { databaseUrl, sql: connect(databaseUrl, parts) }
    },
    async service(role, { databaseUrl = postgres.url, nodeOptions = [] } = {}) {
      const service = await startService(role, {
        env: { DATABASE_URL: databaseUrl, ...env },
        nodeOptions: [...run.nodeOptions, ...nodeOptions],
      })
      parts.defer(() => service.close())
      return service
    },
    part(file) {
      const part = startPart(file)
      parts.defer(() => part.close())
      return part.call as never
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

function connect(url: string, parts: AsyncDisposableStack): Stage['sql'] {
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  pool.on('error', () => {})
  parts.defer(() => pool.end())
  return async (text, values = []) => (await pool.query(text, [...values])).rows as never
}
