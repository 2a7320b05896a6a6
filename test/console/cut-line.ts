import net, { type Socket } from 'node:net'
import { listen } from '../helpers/open-sockets.ts'

/** A proxy between a browser and a service, whose connections can be cut. */
export interface Line extends AsyncDisposable {
  /** The address of the proxy. */
  url: string
  /** Breaks every connection and refuses further ones. */
  cut(): void
  restore(): void
}

export async function startLine(serviceUrl: string): Promise<Line> {
  const { port: servicePort } = new URL(serviceUrl)
  const open = new Set<Socket>()
  let isCut = false
  const server = net.createServer((near) => {
    if (isCut) return void near.resetAndDestroy()
    const far = net.connect(Number(servicePort), '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
  })
  const port = await listen(server, '127.0.0.1')
  const breakAll = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${port}`,
    cut() {
      isCut = true
      breakAll()
    },
    restore() {
      isCut = false
    },
    async [Symbol.asyncDispose]() {
      breakAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
