import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lockFile, writeHolder } from '../../../src/storage/embedded-postgres/file-lock.ts'
import { createDatabase } from '../../helpers/database.ts'
import { query } from '../../helpers/embedded-database.ts'
import { listen } from '../../helpers/open-sockets.ts'
import { runProgram } from '../../helpers/service-process.ts'

type Env = Record<string, string>

const KEYS = { ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}` }
const SAMPLE = Buffer.from('0123456789abcdef'.repeat(2)).toString('base64')

async function sharedDatabase(change: (url: URL) => void = () => {}): Promise<Env> {
  const url = new URL((await createDatabase()).url)
  change(url)
  return { ...KEYS, DATABASE_URL: url.href }
}

async function migratedByNewerProgram(): Promise<Env> {
  const { url } = await createDatabase()
  await query(url, `insert into bigmind_migration (name, checksum) values ('29990101_later', 'x')`)
  return { ...KEYS, DATABASE_URL: url }
}

async function portOf(onConnection: (destroy: () => void) => void): Promise<number> {
  const server = createServer((socket) => onConnection(() => socket.destroy()))
  onTestFinished(() => void server.close())
  return listen(server, '127.0.0.1')
}

async function unusedPort(): Promise<number> {
  const server = createServer()
  const port = await listen(server, '127.0.0.1')
  server.close()
  await once(server, 'close')
  return port
}

/** A folder for DATA_DIR in which something is already there. */
async function folder(prepare: (dataDir: string) => Promise<unknown>): Promise<Env> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bigmind-start-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  // As root the service runs PostgreSQL as another user.
  await chmod(dataDir, 0o755)
  await prepare(dataDir)
  return { DATA_DIR: dataDir }
}

interface Cause {
  what: string
  env: Env | (() => Promise<Env>)
  code: number
  says: string | RegExp
  role?: string
}

const configuration = (what: string, env: Env, says: string, role?: string): Cause => ({
  what,
  env,
  code: 78,
  says,
  ...(role !== undefined && { role }),
})

const database = { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x' }

const CAUSES: Cause[] = [
  configuration('an unknown role', {}, 'The role is "both"', 'both'),
  configuration('a role without its database', {}, 'DATABASE_URL is not set', 'api'),
  configuration('a port that is no number', { PORT: 'http' }, 'PORT is "http"'),
  configuration('a log level that is none', { LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud"'),
  configuration('a retention of 0 days', { RETENTION_DAYS: '0' }, 'RETENTION_DAYS is "0"'),
  configuration('an invalid boolean', { DELIVERY_ALLOW_HTTP: 'yes' }, 'it must be true or false'),
  configuration('a network that is none', { DELIVERY_ALLOW_NETWORKS: 'x' }, 'DELIVERY_ALLOW_NETW'),
  configuration('an origin that is none', { ALLOWED_ORIGINS: 'here' }, 'ALLOWED_ORIGINS has'),
  configuration(
    'a short metrics token',
    { METRICS_TOKEN: 'hunter2' },
    'METRICS_TOKEN must have at least 16',
  ),
  configuration('a JWT secret alone', { JWT_SECRET: 'x'.repeat(40) }, 'JWT_'),
  configuration('unchecked certificates', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'Unset it'),
  configuration('no encryption key', database, 'ENCRYPTION_KEYS is not set.'),
  configuration(
    'a short encryption key',
    { ...database, ENCRYPTION_KEYS: 'main:aHVudGVyMg==' },
    'entry 1 is not "name:base64 of 32 random',
  ),
  configuration(
    'a sample as encryption key',
    { ...database, ENCRYPTION_KEYS: `main:${SAMPLE}` },
    'entry 1 is a text or a sample',
  ),
  {
    what: 'a port in use',
    env: async () => ({ ...(await sharedDatabase()), PORT: String(await portOf(() => {})) }),
    code: 71,
    says: /^Port \d+ of 127.0.0.1 is in use\. Set PORT to another port, or stop the program that uses it\.$/m,
  },
  {
    what: 'the address of another machine',
    env: async () => ({ ...(await sharedDatabase()), HOST: '192.0.2.1' }),
    code: 71,
    says: '192.0.2.1 is not an address of this machine. Set HOST to one of its addresses',
  },
  {
    what: 'a HOST that does not exist',
    env: async () => ({ ...(await sharedDatabase()), HOST: 'no-such-host.invalid' }),
    code: 71,
    says: 'no-such-host.invalid is not an address of this machine. Set HOST to one of its addresses',
  },
  {
    what: 'a database that refuses connections',
    env: async () => ({
      ...KEYS,
      DATABASE_URL: `postgres://u:hunter2@127.0.0.1:${await unusedPort()}/x`,
    }),
    code: 69,
    says: /ECONNREFUSED.*Check DATABASE_URL\.$/m,
    role: 'worker',
  },
  {
    what: 'a database that closes connections',
    env: async () => ({
      ...KEYS,
      DATABASE_URL: `postgres://u:hunter2@127.0.0.1:${await portOf((destroy) => destroy())}/x`,
    }),
    code: 69,
    says: 'Check DATABASE_URL.',
  },
  {
    what: 'a database host that does not exist',
    env: { ...KEYS, DATABASE_URL: 'postgres://u:hunter2@no-such-host.invalid/x' },
    code: 69,
    says: 'Check DATABASE_URL.',
  },
  {
    what: 'a database that does not exist',
    env: () =>
      sharedDatabase((url) => {
        url.pathname = '/no_such_database'
      }),
    code: 69,
    says: '"no_such_database"',
  },
  {
    what: 'a wrong password',
    env: () =>
      sharedDatabase((url) => {
        url.password = 'hunter2'
      }),
    code: 69,
    says: 'Check DATABASE_URL.',
  },
  {
    what: 'a database of a newer program',
    env: migratedByNewerProgram,
    code: 69,
    says: 'The database is newer than this program',
  },
  {
    what: 'a DATA_DIR that is no folder',
    env: { DATA_DIR: '/dev/null/data' },
    code: 73,
    says: '/dev/null/data cannot be used',
  },
  {
    what: 'a DATA_DIR that another process uses',
    env: () =>
      folder(async (dataDir) => {
        const lock = await lockFile(join(dataDir, 'lock'), 0)
        await writeHolder(lock, `process 1 on ${hostname()}`)
        onTestFinished(() => lock.close())
      }),
    code: 73,
    says: `is in use by process 1 on ${hostname()}`,
  },
  {
    what: 'data of another PostgreSQL',
    env: () =>
      folder(async (dataDir) => {
        await mkdir(join(dataDir, 'postgres'))
        await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '9\n')
      }),
    code: 73,
    says: 'was made by PostgreSQL 9',
  },
  {
    what: 'another folder named postgres',
    env: () => folder((dataDir) => mkdir(join(dataDir, 'postgres'))),
    code: 73,
    says: 'is no PostgreSQL data folder. Move it away',
  },
  {
    what: 'a damaged encryption key',
    env: () => folder((dataDir) => writeFile(join(dataDir, 'encryption-key'), 'hunter2\n')),
    code: 73,
    says: 'does not contain an encryption key. Restore it',
  },
]

test('there are at least 25 causes', () => {
  expect(CAUSES.length).toBeGreaterThanOrEqual(25)
})

test.each(CAUSES)(
  'a start fails with a sentence and an exit code of its kind: $what',
  async ({ env, code, role = 'all', says }) => {
    const { stderr, ...run } = await runProgram(
      ['main.ts', role],
      typeof env === 'function' ? await env() : env,
    )
    expect(stderr).toMatch(says)
    expect(run.code).toBe(code)
    // A stack trace has lines "at …", the configuration one line for each fault.
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(code === 78 ? 4 : 1)
    expect(stderr + run.stdout).not.toMatch(/hunter2|aHVudGVyMg|MDEyMzQ1/)
  },
  60_000,
)

test.each(['--help', '-h'])(
  'npm start -- %s prints the usage and starts nothing',
  async (option) => {
    const { code, stdout, stderr } = await runProgram(['main.ts', option], {})
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: npm start \[-- ROLE\]\n/)
    for (const role of ['all', 'api', 'worker']) expect(stdout).toContain(`\n  ${role} `)
  },
)
