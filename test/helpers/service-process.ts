import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { inject, onTestFinished } from 'vitest'
import { startEmbeddedPostgres } from '../../src/storage/embedded-postgres/embedded-postgres.ts'

/** The programs as an operator runs them. Most tests run the bundled ones, which start in half the processor time. */
export const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url))

/** A line of the log. `level` is pino's: 40 is a warning, 50 an error. */
export interface LogEntry {
  level: number
  msg: string
  err?: { message: string; code?: string }
}

/** The service as an operator runs it: a program of its own. It is killed when the test ends, however it ends. */
export interface ServiceProcess {
  readonly pid: number
  /** Of its API, or of a worker's health and metrics; null for a worker without a port. */
  readonly url: string | null
  /** The log lines of the process so far. */
  readonly logged: readonly LogEntry[]
  /** Sends the signal and returns at once. */
  signal(signal: NodeJS.Signals): void
  /** Kills the process, and waits until it has ended. */
  kill(): Promise<void>
  /** Waits until it has ended. @returns its exit code, null when a signal ended it */
  exit(): Promise<number | null>
}

/**
 * Starts the service and waits until it logs that it has started. It can deliver to this machine.
 * @param sources a folder `src`, as of another release; default: the bundled programs
 */
export async function startServiceProcess(
  env: Record<string, string>,
  role: 'api' | 'worker' | 'all' = 'all',
  sources?: string,
): Promise<ServiceProcess> {
  const child = spawnService(['main.ts', role], env, { sources })
  const exited = exitOf(child)
  const errors = text(child.stderr!)
  const logged: LogEntry[] = []
  const started = Promise.withResolvers<string | null>()
  const lines = createInterface(child.stdout!)
  lines.on('line', (line) => {
    // A killed process may leave half a line.
    if (!line.startsWith('{') || !line.endsWith('}')) return
    const entry = JSON.parse(line) as LogEntry & { url?: string | null }
    logged.push(entry)
    if (entry.msg === 'started') started.resolve(entry.url ?? null)
  })
  lines.on('close', () => started.resolve(null))
  const url = await started.promise
  if (child.exitCode !== null) throw new Error(`The service did not start:\n${await errors}`)
  return {
    pid: child.pid!,
    url,
    logged,
    signal: (signal) => void child.kill(signal),
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    exit: () => exited,
  }
}

/** Runs a program of `src` to its end: the bundled one, or with `sources` the one of that folder. */
export const runProgram = (
  args: string[],
  env: Record<string, string>,
  sources?: string,
): Program['ended'] => startProgram(args, env, sources).ended

/** A program of `src` that was just started, in a process group of its own as a terminal makes them. */
export interface Program {
  /** To it alone, as an operator's tool or a container does it. */
  signal(signal: NodeJS.Signals): void
  /** To it and to all that it has started, as Ctrl-C in a terminal does it. */
  signalAll(signal: NodeJS.Signals): void
  /** All that it printed, once it has ended. Its exit code is null when a signal ended it. */
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>
}

/** Starts a program of `src` and returns at once. `sources` is as in `runProgram`. */
export function startProgram(
  args: string[],
  env: Record<string, string>,
  sources?: string,
): Program {
  const child = spawnService(args, env, { sources, detached: true })
  const ended = Promise.all([exitOf(child), text(child.stdout!), text(child.stderr!)])
  return {
    signal: (signal) => void child.kill(signal),
    signalAll: (signal) => void process.kill(-child.pid!, signal),
    ended: ended.then(([code, stdout, stderr]) => ({ code, stdout, stderr })),
  }
}

/** The command lines of the machine's processes that name a folder: those of a PostgreSQL with its data there. */
export async function processesOver(folder: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-ewwo', 'args'], { maxBuffer: 16_000_000 })
  return stdout.split('\n').filter((line) => line.includes(folder))
}

/** A folder for an embedded database. With the test end the folder and a server that is left over it. */
export async function temporaryDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bigmind-service-'))
  onTestFinished(async () => {
    const left = await startEmbeddedPostgres({ dataDir }).catch(() => null)
    await left?.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
  return dataDir
}

function spawnService(
  [program, ...args]: string[],
  env: Record<string, string>,
  { detached = false, sources }: { detached?: boolean; sources: string | undefined },
): ChildProcess {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE } = process.env
  const file = sources
    ? join(sources, program!)
    : join(inject('programs'), program!.replace(/\.ts$/, '.js'))
  const child = spawn(process.execPath, [file, ...args], {
    env: {
      PATH,
      HOME,
      ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }),
      PORT: '0',
      DELIVERY_ALLOW_HTTP: 'true',
      DELIVERY_ALLOW_NETWORKS: '127.0.0.0/8',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const exitOf = (child: ChildProcess): Promise<number | null> =>
  once(child, 'exit').then(([code]) => code)
