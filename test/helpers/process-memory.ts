import { once } from 'node:events'
import net from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

/** The memory of another process, read through the inspector of Node.js. */
export interface ProcessMemory {
  /** Environment variables with which the process must be started. */
  env: { NODE_OPTIONS: string }
  /** Returns the bytes in use after a garbage collection: the heap, and buffers outside it. */
  used(): Promise<number>
}

/** Prepares to look into one process that is yet to be started. */
export async function watchMemory(): Promise<ProcessMemory> {
  const port = await freePort()
  let inspector: Promise<Inspector> | null = null
  return {
    env: { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` },
    async used() {
      inspector ??= connect(port)
      const call = await inspector
      await call('HeapProfiler.collectGarbage')
      const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())'
      const { result } = await call('Runtime.evaluate', { expression })
      return result!.value
    },
  }
}

type Answer = { result?: { value: number } }
type Inspector = (method: string, params?: object) => Promise<Answer>

async function connect(port: number): Promise<Inspector> {
  const response = await fetch(`http://127.0.0.1:${port}/json`)
  const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[]
  const socket = new WebSocket(target!.webSocketDebuggerUrl)
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return async (method, params = {}) => {
    socket.send(JSON.stringify({ id: 1, method, params }))
    for (;;) {
      const [data] = await once(socket, 'message')
      const message = JSON.parse(String(data)) as { id?: number; result: Answer }
      if (message.id === 1) return message.result
    }
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
