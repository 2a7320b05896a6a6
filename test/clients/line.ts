import net, { type Socket } from 'node:net'
import { listen, watchSockets } from '../helpers/open-sockets.ts'

/** A TCP connection between clients and a server that a test can break. */
export interface Line extends AsyncDisposable {
  /** The server's URL through this line. */
  readonly url: string
  /** The number of HTTP requests that clients have sent, including upgrades. */
  readonly requests: number
  /** Cuts all connections, and each new one, until `restore` is called. */
  break(): void
  restore(): void
  /** Resolves when the line is not broken. */
  mended(): Promise<void>
}

/** A client that does not pipeline sends each request's first line at the start of a segment. */
const REQUEST_LINE = /^(GET|POST|PUT|DELETE|OPTIONS) \S+ HTTP\/1\.1\r\n/

export async function startLine(serverUrl: string): Promise<Line> {
  const target = new URL(serverUrl)
  const far = new Set<Socket>()
  let whole = Promise.withResolvers<void>()
  let broken = false
  let requests = 0
  whole.resolve()
  const server = net.createServer((near) => {
    near.on('data', (bytes) => {
      if (REQUEST_LINE.test(bytes.toString('latin1'))) requests += 1
    })
    if (broken) return void near.destroy()
    const upstream = net.connect(Number(target.port), target.hostname)
    far.add(upstream)
    for (const [from, to] of [
      [near, upstream],
      [upstream, near],
    ] as const) {
      from.on('error', () => {})
      from.on('close', () => void to.destroy())
      from.pipe(to)
    }
    upstream.on('close', () => far.delete(upstream))
  })
  const sockets = watchSockets(server)
  const port = await listen(server, '127.0.0.1')
  const cut = () => {
    for (const socket of far) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${port}`,
    get requests() {
      return requests
    },
    break() {
      if (!broken) whole = Promise.withResolvers()
      broken = true
      cut()
    },
    restore() {
      broken = false
      whole.resolve()
    },
    mended: () => whole.promise,
    async [Symbol.asyncDispose]() {
      cut()
      await sockets.close()
    },
  }
}
