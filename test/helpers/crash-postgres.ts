import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** The first line of postmaster.pid is the process id of the server, the eighth its state. */
async function postmaster(dataDir: string): Promise<{ pid: number; ready: boolean }> {
  const file = join(dataDir, 'postgres', 'postmaster.pid')
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  return { pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' }
}

/** Kills the PostgreSQL of a running service, as the kernel does when memory runs out. @returns its process id */
export async function killPostgres(dataDir: string): Promise<number> {
  const { pid } = await postmaster(dataDir)
  process.kill(pid, 'SIGKILL')
  return pid
}

/** Kills it and waits until the service has started it again. */
export async function crashPostgres(dataDir: string): Promise<void> {
  const killed = await killPostgres(dataDir)
  for (;;) {
    const { pid, ready } = await postmaster(dataDir)
    if (ready && pid !== killed) return
    await pause(25)
  }
}
