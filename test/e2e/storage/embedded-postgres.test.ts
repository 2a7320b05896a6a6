import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { startEmbeddedPostgres } from '../../../src/storage/embedded-postgres/embedded-postgres.ts'

/** All that a start makes in its folder. */
const FILES = ['lock', 'postgres', 'postgres-password', 'postgres.lock', 'postgres.log']

const isRoot = process.getuid?.() === 0

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bigmind-embedded-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function start(dataDir: string) {
  const postgres = await startEmbeddedPostgres({ dataDir })
  onTestFinished(() => postgres.stop())
  return postgres
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
    .query(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end())
}

function asSuperuser(url: string): string {
  return url.replace('//bigmind:', '//postgres:')
}

/** A process of its own that owns the database; resolves when the database runs. */
async function startElsewhere(dataDir: string): Promise<{ child: ChildProcess; url: string }> {
  const script = fileURLToPath(new URL('../../helpers/embedded-postgres-owner.ts', import.meta.url))
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const [url] = await once(createInterface(child.stdout), 'line')
  return { child, url }
}

test('a stop does not wait for a session that hangs', async () => {
  const dataDir = await freshFolder()
  const postgres = await start(dataDir)
  const sessions = await query(
    asSuperuser(postgres.url),
    `select pid from pg_stat_activity where application_name like 'bigmind-webhooks owner%'`,
  )
  const [{ pid }] = sessions as [{ pid: number }]
  process.kill(pid, 'SIGSTOP')
  const stopping = postgres.stop()
  const log = () => readFile(join(dataDir, 'postgres.log'), 'utf8')
  await expect
    .poll(log)
    .toContain('received fast shutdown request')
    .finally(() => {
      process.kill(pid, 'SIGCONT')
    })
  await stopping
})

test('the data is still there after a stop and another start', async () => {
  const dataDir = await freshFolder()
  const first = await start(dataDir)
  await query(first.url, 'create table kept as select 1 as one')
  await first.stop()
  const second = await start(dataDir)
  expect(await query(second.url, 'select * from kept')).toEqual([{ one: 1 }])
})

test('only the service can read the password, and the server listens on loopback only', async () => {
  const dataDir = await freshFolder()
  const { url } = await start(dataDir)
  expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600)
  const settings = await query(
    asSuperuser(url),
    `select current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as socket`,
  )
  expect(settings).toEqual([{ listen: '127.0.0.1', socket: '' }])
  const wrong = url.replace(/:[^:@]+@/, ':wrong@')
  await expect(query(wrong, 'select 1')).rejects.toThrow('password authentication failed')
})

test('the next service takes over the server of a killed one, with all committed data', async () => {
  const dataDir = await freshFolder()
  const { child, url } = await startElsewhere(dataDir)
  await query(url, 'create table kept as select 1 as one')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const next = await start(dataDir)
  expect(next.url).toBe(url)
  expect(await query(next.url, 'select * from kept')).toEqual([{ one: 1 }])
})

test('a server that was killed as well is started again and recovers', async () => {
  const dataDir = await freshFolder()
  const { child, url } = await startElsewhere(dataDir)
  await query(url, 'create table kept as select 1 as one')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const [row] = await query(asSuperuser(url), `select pg_read_file('postmaster.pid') as file`)
  process.kill(Number.parseInt((row as { file: string }).file, 10), 'SIGKILL')
  const next = await start(dataDir)
  expect(await query(next.url, 'select * from kept')).toEqual([{ one: 1 }])
})

test('a leftover postmaster.pid with the process id of another program harms neither', async () => {
  const dataDir = await freshFolder()
  await (await start(dataDir)).stop()
  const leftover = [process.pid, join(dataDir, 'postgres'), 0, 1, '', '127.0.0.1', '0 0', 'ready']
  await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), `${leftover.join('\n')}\n`)
  const { url } = await start(dataDir)
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a second service with the same data folder is refused with the process id of the first', async () => {
  const dataDir = await freshFolder()
  const { child, url } = await startElsewhere(dataDir)
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
    `is in use by process ${child.pid}`,
  )
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  await expect(query(url, 'select 1')).rejects.toThrow('ECONNREFUSED')
})

test('of two services that start concurrently in a new folder, one gets it', async () => {
  const dataDir = await freshFolder()
  const starts = await Promise.allSettled([start(dataDir), start(dataDir)])
  expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const refused = starts.find((attempt) => attempt.status === 'rejected')
  expect(refused?.reason.message).toMatch(`is in use by process ${process.pid}`)
  expect((await readdir(dataDir)).sort()).toEqual(FILES)
})

test('data of another major version is refused with both versions', async () => {
  const dataDir = await freshFolder()
  await (await start(dataDir)).stop()
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n')
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
    /made by PostgreSQL 17.*brings 18/,
  )
})

test('when the server does not start, the message has the end of its log', async () => {
  const dataDir = await freshFolder()
  const settings = { wal_level: 'minimal', max_wal_senders: '10' }
  await expect(startEmbeddedPostgres({ dataDir, settings })).rejects.toThrow(
    'FATAL:  WAL streaming',
  )
})

test.skipIf(!isRoot)('a folder without permission is reported with advice', async () => {
  const closed = await freshFolder()
  const dataDir = join(closed, 'data')
  await mkdir(dataDir)
  await chmod(closed, 0o700)
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
    new RegExp(`user "postgres", who may not enter ${closed}\\. Set DATA_DIR`),
  )
})
