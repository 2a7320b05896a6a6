import { execFile } from 'node:child_process'
import { chmod, chown, open, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { Cluster } from './postgres-cluster.ts'

const execute = promisify(execFile)

/** Seconds a start may take: after a crash PostgreSQL first replays what it had promised. */
const START_LIMIT = 300

/** Seconds a stop may take before it is made without a last checkpoint, which the next start makes up for. */
const STOP_LIMIT = 30

/** PostgreSQL's own defaults keep every commit safe; these are the few that a local service wants otherwise. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  // Ours: without errors of statements, which their client is told, and which may quote what customers sent.
  log_min_messages: 'log',
  log_min_error_statement: 'fatal',
  log_checkpoints: 'off',
}

/** Port of the server that runs over the cluster, once it has done starting or stopping; null when none runs. */
export async function runningPort({ folder }: Cluster): Promise<number | null> {
  for (;;) {
    const server = await findServer(folder)
    if (server === null || server.status === 'ready') return server?.port ?? null
    await pause(50)
  }
}

/** Starts the server and returns its port. What is no fault of the cluster (a port just taken) may be tried again. */
export async function startServer(
  cluster: Cluster,
  settings: Record<string, string> = {},
): Promise<number> {
  const { account, binaries, folder, logFile } = cluster
  const log = await open(logFile, 'a', 0o600)
  const { size } = await log.stat().finally(() => log.close())
  await chmod(logFile, 0o600)
  if (account) await chown(logFile, account.uid, account.gid)
  const port = await freePort()
  const options = Object.entries({ ...SETTINGS, ...settings, port: String(port) })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
  const start = ['start', '-w', '-s', '-t', String(START_LIMIT), '-l', logFile, '-o', options]
  const { code, output } = await binaries.run('pg_ctl', [...start, '-D', folder])
  if (code === 0) return port
  const tail = (await readFile(logFile, 'utf8')).slice(size).trim().split('\n').slice(-20)
  throw new EmbeddedPostgresError(
    `PostgreSQL did not start. It said:\n${[output.trim(), ...tail].join('\n')}\n(The whole log is ${logFile}.)`,
  )
}

/** Stops the server, if one runs, and returns when it has ended. */
export async function stopServer({ binaries, folder }: Cluster): Promise<void> {
  for (const mode of ['fast', 'immediate']) {
    if ((await findServer(folder)) === null) return
    const stop = ['stop', '-w', '-s', '-t', String(STOP_LIMIT), '-m', mode]
    const { code } = await binaries.run('pg_ctl', [...stop, '-D', folder])
    if (code === 0) return
  }
  if ((await findServer(folder)) === null) return
  throw new EmbeddedPostgresError(`The PostgreSQL that runs over ${folder} does not stop.`)
}

type Server = { port: number; status: string }

/** What postmaster.pid tells of the server. Its lines: process id, folder, start, port, socket, address, memory, status. */
async function findServer(folder: string): Promise<Server | null> {
  const file = join(folder, 'postmaster.pid')
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  if (!pid || !isAlive(pid)) return null
  if ((await commandOf(pid)).includes(folder)) {
    return { port: Number(lines[3]), status: (lines[7] ?? 'starting').trim() || 'starting' }
  }
  // After a restart of the machine or the container the number may belong to another program, which must not be signalled.
  await rm(file, { force: true })
  return null
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function commandOf(pid: number): Promise<string> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  if (command) return command
  return execute('ps', ['-p', String(pid), '-o', 'command=']).then(
    ({ stdout }) => stdout,
    () => '',
  )
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const probe = createServer().once('error', reject)
  probe.listen(0, '127.0.0.1', () => {
    const { port } = probe.address() as { port: number }
    probe.close(() => resolve(port))
  })
  return promise
}
