import { createServer, type IncomingMessage, request } from 'node:http'
import { pipeline } from 'node:stream'
import { listen } from '../helpers/open-sockets.ts'

export interface PathProxy extends AsyncDisposable {
  url: string
  /** Sets the service behind the proxy, as in "http://127.0.0.1:4000". */
  use(service: string): void
}

/**
 * Starts a proxy that serves a service below a path of its host, and nothing else.
 * @param strips whether it removes the path from the requests that it forwards
 */
export async function startPathProxy(path: string, strips: boolean): Promise<PathProxy> {
  let service = ''
  const forward = ({ headers, method, url = '' }: IncomingMessage) => {
    const target = strips ? url.slice(path.length) || '/' : url
    return request(service + target, { method: method!, headers })
  }
  const isBelow = ({ url = '' }: IncomingMessage) => url === path || url.startsWith(`${path}/`)

  const server = createServer((incoming, response) => {
    if (!isBelow(incoming)) return response.writeHead(404).end()
    const outgoing = forward(incoming)
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    outgoing.on('response', (answer) => {
      if (response.destroyed) return answer.destroy()
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(outgoing)
  })
  server.on('upgrade', (incoming, socket) => {
    if (!isBelow(incoming)) return socket.destroy()
    const outgoing = forward(incoming)
    outgoing.on('error', () => socket.destroy())
    outgoing.on('response', () => socket.destroy())
    outgoing.on('upgrade', ({ rawHeaders }, upstream) => {
      const lines = rawHeaders.map((text, index) => text + (index % 2 === 0 ? ': ' : '\r\n'))
      if (socket.destroyed) return upstream.destroy()
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`)
      pipeline(socket, upstream, socket, () => {})
    })
    outgoing.end()
  })
  const port = await listen(server, '127.0.0.1')
  return {
    url: `http://127.0.0.1:${port}`,
    use(url) {
      service = url
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
