import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, vi } from 'vitest'
import { startEmbeddedPostgres } from '../../src/storage/embedded-postgres/embedded-postgres.ts'
import { collectingLog, freshFolder, query } from '../helpers/embedded-database.ts'
import { program, root, testWhere } from '../helpers/machine.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const OWNER = fileURLToPath(new URL('../helpers/embedded-postgres-owner.ts', import.meta.url))

/** A user id that has no name, as containers are given. */
const NAMELESS = 54_321

const reachable = (url: string) => vi.waitFor(() => query(url, 'select 1'), { timeout: 120_000 })

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
      timeout: 120_000,
      interval: 200,
    })
    await rm(join(disk, 'ballast'))
    await reachable(url)
    const rows = (await query(url, 'select id from kept')) as { id: string }[]
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(committed))
    await postgres.stop()
  },
)

/** Runs a service in miniature in process and IPC name spaces of its own, as a container has them. */
function startInContainer(dataDir: string) {
  const child = spawn(
    'unshare',
    [
      ...['--pid', '--ipc', '--fork', '--mount-proc', '--kill-child'],
      // The first process continues when the service ends, as an init process or a shell does.
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
)

testWhere(root, program('unshare'))(
  'a PostgreSQL that a killed service left running in another container is not joined by a second one',
  async () => {
    const dataDir = await freshFolder()
    const first = startInContainer(dataDir)
    await first.line
    // Kills the service only: PostgreSQL continues in the container.
    process.kill(serviceIn(first.child.pid!), 'SIGKILL')
    const second = startInContainer(dataDir)
    expect(await second.line).toBeNull()
    expect(await second.errors).toMatch(
      /A PostgreSQL of another container .* still runs over .*set DATABASE_URL/,
    )
  },
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

testWhere(root).each([
  [
    'may not write to',
    0o755,
    0,
    new RegExp(`^The user with the id ${NAMELESS} may not use .* \\(EACCES\\)`),
  ],
  [
    'owns',
    0o700,
    NAMELESS,
    new RegExp(`^The user id ${NAMELESS} has no name on this machine, and initdb needs one`),
  ],
] as const)(
  'a user id without a name gets a sentence over a folder that it %s',
  async (_what, mode, owner, says) => {
    const dataDir = await freshFolder()
    await mkdir(dataDir)
    await chmod(dataDir, mode)
    execFileSync('chown', [String(owner), dataDir])
    const child = spawn(process.execPath, [MAIN], {
      env: { PORT: '0', DATA_DIR: dataDir },
      uid: NAMELESS,
      gid: NAMELESS,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [[code], errors] = await Promise.all([once(child, 'exit'), text(child.stderr)])
    expect(errors).toMatch(says)
    expect(errors).not.toMatch(/^\s+at /m)
    expect(code).toBe(73)
  },
)
