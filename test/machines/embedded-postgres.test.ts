import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startEmbeddedPostgres } from '../../src/adapters/embedded-postgres.ts'
import type { Logger } from '../../src/services/ports.ts'
import { killPostgres } from '../helpers/crash-postgres.ts'
import { program, root, testWhere } from '../helpers/machine.ts'

const OWNER = fileURLToPath(new URL('../helpers/embedded-postgres-owner.ts', import.meta.url))

async function freshFolder(name = 'data'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bigmind-machine-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  execFileSync('chmod', ['755', folder])
  return join(folder, name)
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query(sql)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

/** Collects the messages of warnings and errors. */
function collectingLog() {
  const messages: string[] = []
  const keep = (_fields: object, message: string) => void messages.push(message)
  const log: Logger = { debug() {}, info() {}, warn: keep, error: keep }
  return { log, messages }
}

async function start(dataDir: string, log?: Logger) {
  const postgres = await startEmbeddedPostgres({ dataDir, ...(log && { log }) })
  onTestFinished(() => postgres.stop())
  return postgres
}

const reachable = (url: string) => vi.waitFor(() => query(url, 'select 1'), { timeout: 40_000 })

test('a PostgreSQL that was killed is started again on the same address with what was committed', async () => {
  const dataDir = await freshFolder()
  const { log, messages } = collectingLog()
  const { url } = await start(dataDir, log)
  await query(url, 'create table kept as select 1 as one')
  for (let round = 0; round < 2; round += 1) {
    messages.length = 0
    await killPostgres(dataDir)
    await vi.waitFor(
      () => expect(messages).toContain('the embedded PostgreSQL accepts connections again'),
      {
        timeout: 40_000,
      },
    )
    expect(await query(url, 'select * from kept')).toEqual([{ one: 1 }])
  }
}, 90_000)

test('stopping while PostgreSQL is being started again leaves none behind', async () => {
  const dataDir = await freshFolder()
  const postgres = await start(dataDir)
  const pid = await killPostgres(dataDir)
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow())
  await postgres.stop()
  await expect(query(postgres.url, 'select 1')).rejects.toThrow('ECONNREFUSED')
  const again = await start(dataDir)
  expect(await query(again.url, 'select 1 as one')).toEqual([{ one: 1 }])
}, 60_000)

test.each([
  'with $HOME and `id`',
  'with "quotes" and \'quotes\'',
  'with a \\ backslash; and & more',
])(
  'the folder may be called: %s',
  async (name) => {
    const dataDir = await freshFolder(name)
    const { url } = await start(dataDir)
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(await readdir(dirname(dataDir))).toEqual([name])
    expect(await readdir(dataDir)).toContain('postgres')
  },
  60_000,
)

testWhere(root, program('mount'))(
  'a full disk is said in words, loses nothing that was committed, and is over when there is room again',
  async () => {
    const disk = await freshFolder('disk')
    await mkdir(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=110m,mode=755', 'tmpfs', disk])
    onTestFinished(() => void execFileSync('umount', ['-l', disk]))
    const { log, messages } = collectingLog()
    const postgres = await startEmbeddedPostgres({
      dataDir: join(disk, 'data'),
      log,
      settings: { max_wal_size: '64MB', min_wal_size: '32MB' },
    })
    const { url } = postgres
    await query(url, 'create table kept (id uuid primary key, filling text)')
    const blocks = Math.floor(
      Number(execFileSync('df', ['-k', '--output=avail', disk]).toString().split('\n')[1]) / 1024,
    )
    await writeFile(join(disk, 'ballast'), Buffer.alloc((blocks - 8) * 1_048_576))
    const committed: string[] = []
    for (let failed = false; !failed; ) {
      const id = randomUUID()
      const insert = `insert into kept select '${id}', string_agg(random()::text, '') from generate_series(1, 20000)`
      await query(url, insert).then(
        () => committed.push(id),
        () => {
          failed = true
        },
      )
    }
    const full = (message: string) =>
      message.includes(`The disk of ${disk}`) && message.includes(' is full')
    // PostgreSQL ends when it has no room for its log, and each start until there is room fails.
    await vi.waitFor(() => expect(messages.some(full)).toBe(true), {
      timeout: 40_000,
      interval: 200,
    })
    await rm(join(disk, 'ballast'))
    await reachable(url)
    const rows = (await query(url, 'select id from kept')) as { id: string }[]
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(committed))
    await postgres.stop()
  },
  120_000,
)

/** Runs a service in miniature in process and IPC name spaces of its own, as a container has them. */
function startInContainer(dataDir: string) {
  const child = spawn(
    'unshare',
    [
      ...['--pid', '--ipc', '--fork', '--mount-proc', '--kill-child'],
      // A first process that goes on when the service ends, as an init or a shell does.
      ...['/bin/sh', '-c', '"$@"; code=$?; [ $code -lt 128 ] || sleep 60; exit $code', 'sh'],
      ...[process.execPath, OWNER, dataDir],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  const errors = text(child.stderr)
  const ended = once(child, 'exit')
  const lines = createInterface(child.stdout)
  const line = Promise.race([
    once(lines, 'line').then(([url]) => url as string),
    ended.then(() => null),
  ])
  return { child, ended, errors, line }
}

testWhere(root, program('unshare'))(
  'of two containers over one folder the second is refused, and takes over as soon as the first was killed',
  async () => {
    const dataDir = await freshFolder()
    const first = startInContainer(dataDir)
    const url = await first.line
    await query(url!, 'create table kept as select 1 as one')

    const second = startInContainer(dataDir)
    expect(await second.line).toBeNull()
    expect(await second.errors).toMatch(
      /is in use by process \d+ on .*One process owns an embedded database/,
    )
    expect(await query(url!, 'select * from kept')).toEqual([{ one: 1 }])

    first.child.kill('SIGKILL')
    await first.ended
    const third = startInContainer(dataDir)
    const again = await third.line
    expect(again).not.toBeNull()
    expect(await query(again!, 'select * from kept')).toEqual([{ one: 1 }])
  },
  90_000,
)

testWhere(root, program('unshare'))(
  'a PostgreSQL that a killed service left running in another container is not joined by a second one',
  async () => {
    const dataDir = await freshFolder()
    const first = startInContainer(dataDir)
    await first.line
    // The service alone: the PostgreSQL in its container goes on.
    process.kill(serviceIn(first.child.pid!), 'SIGKILL')
    const second = startInContainer(dataDir)
    expect(await second.line).toBeNull()
    expect(await second.errors).toMatch(
      /A PostgreSQL of another container .* still runs over .*set DATABASE_URL/,
    )
  },
  60_000,
)

/** The process id, outside of its container, of the service in it. */
function serviceIn(unshare: number): number {
  const children = (pid: number | string) =>
    execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)])
      .toString()
      .trim()
      .split(/\s+/)
  return Number(children(children(unshare)[0]!)[0])
}
