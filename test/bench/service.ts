import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sharedNow } from './clock.ts'

const execute = promisify(execFile)

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The service as an operator runs it: a process of its own. */
export interface ServiceProcess {
  pid: number
  /** Of its API; null for a worker. */
  url: string | null
  /** Milliseconds from its start until it said that it was ready. */
  startedIn: number
  /** Stops it as an operator does, and waits until it has ended. */
  close(): Promise<void>
}

/** What every service here may do: deliver to this machine, and say nothing but that it has started. */
const ENVIRONMENT = {
  PORT: '0',
  DELIVERY_ALLOW_HTTP: 'true',
  DELIVERY_ALLOW_NETWORKS: '127.0.0.0/8',
}

/** Runs `node src/main.ts` in a role. @throws what it printed when it does not start */
export function startService(
  role: 'api' | 'worker' | 'all',
  { env, nodeOptions = [] }: { env: Record<string, string>; nodeOptions?: readonly string[] },
): Promise<ServiceProcess> {
  const args = [...nodeOptions, join(ROOT, 'src/main.ts'), role]
  return start(process.execPath, args, env)
}

/** Runs `npm start`, as the README says. */
export const npmStart = (env: Record<string, string>): Promise<ServiceProcess> =>
  start('npm', ['start'], env)

async function start(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<ServiceProcess> {
  const { PATH = '', HOME = '' } = process.env
  const before = sharedNow()
  // A group of its own: Ctrl-C ends this run, which then closes its services in order.
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { PATH, HOME, ...ENVIRONMENT, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const group = child.pid!
  const errors = text(child.stderr!)
  const kill = () => signalGroup(group, 'SIGKILL')
  process.on('exit', kill)
  const url = await untilStarted(child, errors)
  const startedIn = sharedNow() - before
  let closing = false
  child.once('exit', async (code, signal) => {
    if (!closing) throw new Error(`A service ended by itself (${code ?? signal}).\n${await errors}`)
  })
  return {
    url,
    startedIn,
    pid: await nodeProcessOf(group),
    async close() {
      closing = true
      signalGroup(group, 'SIGTERM')
      // npm may end before the service that it has started.
      while (signalGroup(group, 0)) await pause(20)
      process.off('exit', kill)
    },
  }
}

/** Reads its log until it says that it has started; what comes later is passed over. @returns the URL of its API */
async function untilStarted(child: ChildProcess, errors: Promise<string>): Promise<string | null> {
  const printed: string[] = []
  for await (const line of createInterface(child.stdout!)) {
    printed.push(line)
    if (!line.startsWith('{')) continue
    const entry = JSON.parse(line) as { msg: string; url: string | null }
    if (entry.msg !== 'started') continue
    child.stdout!.resume()
    return entry.url
  }
  throw new Error(`The service did not start:\n${printed.join('\n')}\n${await errors}`)
}

/** The service itself, which npm starts through a shell. */
async function nodeProcessOf(group: number): Promise<number> {
  const { stdout } = await execute('ps', ['-eo', 'pid=,pgid=,args='])
  for (const line of stdout.split('\n')) {
    const [pid, pgid, command, ...args] = line.trim().split(/\s+/)
    const main = args.some((arg) => arg.endsWith('src/main.ts'))
    if (Number(pgid) === group && main && /node$/.test(command!)) return Number(pid)
  }
  throw new Error('The service that has just started is gone.')
}

/** @returns whether there was anybody in the group */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal)
  } catch {
    return false
  }
}
