import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'

const execute = promisify(execFile)

/** Bytes of memory that a process has, as the operating system counts them. */
export async function residentBytes(pid: number): Promise<number> {
  const { stdout } = await execute('ps', ['-o', 'rss=', '-p', String(pid)])
  return Number(stdout) * 1024
}

/** A look into a Node process through its inspector. */
export interface Inspected {
  /** Options with which the process must be started. */
  nodeOptions: readonly string[]
  /** Returns the bytes in use after a garbage collection: the heap, and buffers outside it. */
  bytesInUse(): Promise<number>
}

/** Prepares to look into a process that is yet to be started. */
export async function inspected(stack: AsyncDisposableStack): Promise<Inspected> {
  const port = await freePort()
  let socket: Promise<WebSocket> | null = null
  return {
    nodeOptions: [`--inspect=127.0.0.1:${port}`],
    async bytesInUse() {
      socket ??= connect(port, stack)
      const inspector = await socket
      // Some is only let go of in the turn after it was found to be garbage.
      for (let turn = 0; turn < 3; turn += 1) await call(inspector, 'HeapProfiler.collectGarbage')
      const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())'
      const { result } = await call(inspector, 'Runtime.evaluate', { expression })
      return result!.value
    },
  }
}

async function connect(port: number, stack: AsyncDisposableStack): Promise<WebSocket> {
  const targets = await fetch(`http://127.0.0.1:${port}/json`)
  const [target] = (await targets.json()) as { webSocketDebuggerUrl: string }[]
  const socket = new WebSocket(target!.webSocketDebuggerUrl)
  stack.defer(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

type Result = { result?: { value: number } }

async function call(socket: WebSocket, method: string, params: object = {}): Promise<Result> {
  socket.send(JSON.stringify({ id: 1, method, params }))
  for (;;) {
    const [data] = await once(socket, 'message')
    const message = JSON.parse(String(data)) as { id?: number; result: Result }
    if (message.id === 1) return message.result
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
