import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'

export interface StalledReceiver extends AsyncDisposable {
  readonly port: number
  /** Waits until a client tries to connect. */
  connecting(): Promise<void>
  /** Lets connections open from now on. TCP tries again 1 s after the first time. */
  resume(): void
}

/** Answers 200 to every request. The queue of connections is as short as the system allows. */
const PROGRAM = `
  const server = require('node:http').createServer((request, response) => {
    request.resume().on('end', () => response.end())
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port))
`

/**
 * Starts a receiver at 127.0.0.1 that accepts no connection and refuses none: its process is stopped and its
 * queue is full, so that the system drops what arrives. Only Linux is known to do that.
 */
export async function startStalledReceiver(): Promise<StalledReceiver> {
  const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const port = Number(line)
  child.kill('SIGSTOP')
  const fillers = Array.from({ length: 8 }, () => net.connect(port, '127.0.0.1'))
  for (const filler of fillers) filler.on('error', () => {})
  // Connections that are not accepted now are dropped, as are later ones.
  await expect.poll(() => waiting(port).length, { interval: 10 }).toBeGreaterThan(0)
  const before = new Set(waiting(port))
  return {
    port,
    async connecting() {
      await expect
        .poll(() => waiting(port).some((one) => !before.has(one)), { interval: 10 })
        .toBe(true)
    },
    resume() {
      for (const filler of fillers) filler.destroy()
      child.kill('SIGCONT')
    },
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy()
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** @returns the local ends of the connections to this port that are not established yet (SYN_SENT) */
function waiting(port: number): string[] {
  const remotePort = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/self/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote = '', state]) => remote.endsWith(remotePort) && state === '02')
    .map(([, local = '']) => local)
}
