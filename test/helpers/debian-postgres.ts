import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'
import type { Requirement } from './machine.ts'

/** The folder of the programs of Debian's package postgresql-15. */
export const DEBIAN_PROGRAMS = '/usr/lib/postgresql/15/bin'

export const debianPostgres: Requirement = {
  met: existsSync(join(DEBIAN_PROGRAMS, 'initdb')) && process.getuid?.() === 0,
  reason: 'needs root and the Debian package postgresql-15',
}

export interface DebianPostgres {
  port: number
  /** The folder with its socket; also for files that the server or a pooler reads. */
  folder: string
  /** The folder of its data. */
  data: string
  /** Of a database, as the superuser. */
  url(database?: string): string
  /** Runs one of its programs, such as pg_dump, as the user postgres. @returns its output */
  run(program: string, args: readonly string[], input?: Buffer): Buffer
  /** Makes a file that the user postgres may read. @returns its path */
  file(name: string, content: string | { copyOf: string }): string
  /** Stops the server. "immediate" is a crash. The test does it in any case. */
  stop(mode: 'fast' | 'immediate'): void
}

export interface ServerOptions {
  /** The folder of the programs. Default: those of Debian. */
  programs?: string
  settings?: readonly string[]
  /** Creates the data folder. Default: with initdb. */
  create?: (run: DebianPostgres['run'], data: string) => void
}

const asPostgres = (command: string, args: readonly string[]): [string, string[]] => [
  'setpriv',
  ['--reuid=postgres', '--regid=postgres', '--clear-groups', command, ...args],
]

/** The options of initdb that all servers of the tests share. */
export const INITDB = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N']

/** Starts an empty PostgreSQL 15 of the test's own. It ends with the test. */
export const startDebianPostgres = (settings: readonly string[] = []): Promise<DebianPostgres> =>
  startServer({ settings })

/** Starts a PostgreSQL of the test's own, as the user postgres. It ends with the test. */
export async function startServer({
  programs = DEBIAN_PROGRAMS,
  settings = [],
  create = (run, data) => void run('initdb', ['-D', data, ...INITDB]),
}: ServerOptions): Promise<DebianPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'bigmind-pg-'))
  const { uid, gid } = ids()
  chownSync(folder, uid, gid)
  const data = join(folder, 'data')
  const run: DebianPostgres['run'] = (program, args, input) => {
    const [command, rest] = asPostgres(join(programs, program), args)
    const stdio = 'pipe' as const
    return execFileSync(command, rest, { cwd: folder, input, maxBuffer: 256_000_000, stdio })
  }
  create(run, data)
  const port = await freePort()
  const options = ['fsync=off', `port=${port}`, `unix_socket_directories='${folder}'`, ...settings]
  const file: DebianPostgres['file'] = (name, content) => {
    const path = join(folder, name)
    if (typeof content === 'string') writeFileSync(path, content)
    else copyFileSync(content.copyOf, path)
    chmodSync(path, 0o600)
    chownSync(path, uid, gid)
    return path
  }
  appendFileSync(join(data, 'postgresql.auto.conf'), `${options.join('\n')}\n`)
  run('pg_ctl', ['start', '-w', '-s', '-D', data, '-l', join(folder, 'log')])
  const stop: DebianPostgres['stop'] = (mode) =>
    void run('pg_ctl', ['stop', '-w', '-s', '-m', mode, '-D', data])
  onTestFinished(() => {
    if (existsSync(join(data, 'postmaster.pid'))) stop('immediate')
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    port,
    folder,
    data,
    url: (database = 'postgres') => `postgres://postgres@127.0.0.1:${port}/${database}`,
    run,
    file,
    stop,
  }
}

function ids(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres']))
  return { uid: id('-u'), gid: id('-g') }
}

/**
 * Starts PgBouncer in front of it. It ends with the test.
 * @param command starts PgBouncer
 * @returns its port
 */
export async function startPgbouncer(
  server: DebianPostgres,
  settings: readonly string[],
  command: readonly string[] = ['pgbouncer'],
): Promise<number> {
  const port = await freePort()
  const config = server.file(
    `pgbouncer-${port}.ini`,
    [
      '[databases]',
      `* = host=127.0.0.1 port=${server.port} user=postgres`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      ...settings,
    ].join('\n'),
  )
  // It runs as the user postgres, after it has read its libraries as root.
  const [program, ...args] = [...command, '-u', 'postgres', '-v', config]
  const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  let log = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (text) => {
      log += text
      if (/process up/.test(log)) resolve()
    })
    child.on('exit', () => reject(new Error(log)))
  })
  return port
}
