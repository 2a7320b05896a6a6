import { type ChildProcess, execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, type FileHandle, open, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { EmbeddedPostgresError, explainFullDisk } from './embedded-postgres-error.ts'
import { LockedError, lockFile } from './file-lock.ts'
import type { Cluster } from './postgres-cluster.ts'

const execute = promisify(execFile)

/** The time limit of a start. After a crash, PostgreSQL first replays its WAL. */
const START_LIMIT_MS = 300_000

/** The time limit of a stop, after which it is repeated without a checkpoint. The next start then replays the WAL. */
const STOP_LIMIT_MS = 30_000

/** The interval between checks of a server that starts or stops. */
const POLL_INTERVAL_MS = 25

/** How long to wait for the last processes of a server that has ended. */
const LOCK_WAIT_MS = 10_000

/** Starts that may fail since another program was faster to take the port. */
const MAX_PORT_ATTEMPTS = 5

/** The settings that differ from PostgreSQL's defaults. None affects the durability of commits. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  // The log omits errors of statements: their clients receive them, and they may quote data of customers.
  log_min_messages: 'log',
  log_min_error_statement: 'fatal',
  log_checkpoints: 'off',
}

export type StartOptions = {
  settings: Record<string, string>
  /** The port of the server. Default: a free port. */
  port?: number
  /** Ends waiting for the server. */
  signal: AbortSignal
}

/**
 * Uses the server that is running over the cluster or starts one, and waits until it accepts connections.
 * @throws EmbeddedPostgresError, or the reason of the signal
 */
export async function ensureServer(
  cluster: Cluster,
  options: StartOptions,
): Promise<{ port: number; started: boolean }> {
  for (let attempt = 1; ; attempt += 1) {
    const running = await readyServer(cluster, options.signal)
    if (running !== null) return { port: running, started: false }
    try {
      const port = options.port ?? (await freePort())
      await startServer(cluster, { ...options, port })
      return { port, started: true }
    } catch (error) {
      const taken = /could not bind/.test((error as Error).message)
      if (!taken || options.port !== undefined || attempt >= MAX_PORT_ATTEMPTS) throw error
    }
  }
}

/** Returns the port of the running server once it has started; null when there is none or it has stopped. */
async function readyServer({ folder }: Cluster, signal: AbortSignal): Promise<number | null> {
  for (;;) {
    const server = await findServer(folder)
    if (server === null || server.status === 'ready') return server?.port ?? null
    await pause(POLL_INTERVAL_MS, undefined, { signal })
  }
}

async function startServer(
  cluster: Cluster,
  { port, settings, signal }: StartOptions & { port: number },
): Promise<void> {
  await using opened = new AsyncDisposableStack()
  const lock = opened.use(await lockServer(cluster))
  // The file is stale: a running process that wrote it would hold the lock.
  await rm(pidFile(cluster.folder), { force: true })
  const log = opened.use(await openLog(cluster))
  const { size } = await log.stat()
  const options = Object.entries({ ...SETTINGS, ...settings, port: String(port) })
  const server = cluster.binaries.start(
    'postgres',
    ['-D', cluster.folder, ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    // All processes of the server inherit the lock, which is held until the last of them ends.
    ['ignore', log.fd, log.fd, lock.fd],
  )
  try {
    await acceptsConnections(server, { folder: cluster.folder, signal })
  } catch (error) {
    if (signal.aborted) throw error
    throw await explainStart(cluster, error as Error, size)
  }
}

/** Locks the folder. A second server over it, in this container or another one, would destroy its data. */
async function lockServer({ folder }: Cluster): Promise<FileHandle> {
  return lockFile(`${folder}.lock`, LOCK_WAIT_MS).catch((error: unknown) => {
    if (!(error instanceof LockedError)) throw error
    throw new EmbeddedPostgresError(
      `A PostgreSQL of another container or process tree still runs over ${folder}. Stop that one, set DATA_DIR to ` +
        'another folder, or set DATABASE_URL.',
    )
  })
}

async function openLog({ account, logFile }: Cluster): Promise<FileHandle> {
  const log = await open(logFile, 'a', 0o600)
  await chmod(logFile, 0o600)
  if (account) await chown(logFile, account.uid, account.gid)
  return log
}

async function acceptsConnections(
  server: ChildProcess,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<void> {
  let ended: Error | null = null
  const end = once(server, 'exit').then(
    ([code, killed]) => {
      ended = new Error(`It ended with ${killed ?? `code ${code}`}.`)
    },
    (error: Error) => {
      ended = error
    },
  )
  const limit = performance.now() + START_LIMIT_MS
  while ((await findServer(folder))?.status !== 'ready' || ended !== null) {
    if (ended !== null) throw ended
    if (performance.now() >= limit) throw new Error(`It took more than ${START_LIMIT_MS} ms.`)
    await Promise.race([end, pause(POLL_INTERVAL_MS, undefined, { signal })])
  }
}

async function explainStart(cluster: Cluster, error: Error, logSize: number): Promise<Error> {
  if ('syscall' in error) return error
  const output = (await readFile(cluster.logFile)).subarray(logSize).toString().trim()
  const full = await explainFullDisk(cluster.folder, output)
  if (full) return full
  const tail = output.split('\n').slice(-20).join('\n')
  return new EmbeddedPostgresError(
    `PostgreSQL did not start. ${error.message} It said:\n${tail}\n(The whole log is ${cluster.logFile}.)`,
  )
}

/** Stops the server if it is running, and resolves when it has ended. */
export async function stopServer({ folder }: Cluster): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    const limit = performance.now() + STOP_LIMIT_MS
    for (let asked = false; performance.now() < limit; await pause(POLL_INTERVAL_MS)) {
      const server = await findServer(folder)
      if (server === null) return
      if (!asked && isAlive(server.pid)) process.kill(server.pid, signal)
      asked = true
    }
  }
  throw new EmbeddedPostgresError(`The PostgreSQL that runs over ${folder} does not stop.`)
}

type Server = { pid: number; port: number; status: string }

/** Parses postmaster.pid. Its lines: process id, folder, start, port, socket, address, memory, status. */
async function findServer(folder: string): Promise<Server | null> {
  const lines = (await readFile(pidFile(folder), 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  // After a restart of the machine or container, the process id may be that of another program, which must not get a signal.
  if (!pid || !isAlive(pid) || !(await commandOf(pid)).includes(folder)) return null
  return { pid, port: Number(lines[3]), status: (lines[7] ?? 'starting').trim() || 'starting' }
}

const pidFile = (folder: string): string => join(folder, 'postmaster.pid')

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
