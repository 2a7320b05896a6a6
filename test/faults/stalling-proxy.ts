import net, { type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { listen, watchSockets } from '../helpers/open-sockets.ts'

/** A TCP proxy that can stop forwarding without closing the connections. */
export interface StallingProxy {
  /** The URL of the server through the proxy. */
  url: string
  /** Stops forwarding everything, or the answers only. New connections are accepted, and stall as well. */
  stall(what?: 'everything' | 'answers'): void
  /** Forwards again. Stalled connections continue with the data that was held back; with `onlyNew` they stay stalled. */
  resume(options?: { onlyNew?: boolean }): void
  /** Closes all connections and drops the data that was held back. */
  cut(): void
}

/**
 * Starts a proxy, which is closed when the test ends.
 * @param delayMs milliseconds that every byte takes, each way
 */
export async function startStallingProxy(serverUrl: string, delayMs = 0): Promise<StallingProxy> {
  const target = new URL(serverUrl)
  const pairs = new Set<[Socket, Socket]>()
  let stalled: 'everything' | 'answers' | null = null
  const server = net.createServer((near) => {
    const far = net.connect(Number(target.port), target.hostname)
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('error', () => {})
      from.on('data', (bytes) => {
        if (delayMs > 0) setTimeout(() => to.write(bytes), delayMs)
        else to.write(bytes)
      })
      // While stalled, the proxy does not forward the end of a connection.
      from.on('end', () => void (stalled || to.end()))
      from.on('close', () => void (stalled || to.destroy()))
    }
    if (stalled) silence(pair, stalled)
  })
  const sockets = watchSockets(server)
  const port = await listen(server, '127.0.0.1')
  const url = new URL(serverUrl)
  url.port = String(port)
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  onTestFinished(async () => {
    cut()
    await sockets.close()
  })
  return {
    url: url.href,
    cut,
    stall(what = 'everything') {
      stalled = what
      for (const pair of pairs) silence(pair, what)
    },
    resume({ onlyNew = false } = {}) {
      stalled = null
      for (const [near, far] of pairs) {
        // Closes pairs of which one side was closed while stalled.
        if (near.destroyed || far.destroyed) for (const one of [near, far]) one.destroy()
        else if (!onlyNew) for (const one of [near, far]) one.resume()
      }
    },
  }
}

function silence([near, far]: readonly [Socket, Socket], what: 'everything' | 'answers'): void {
  far.pause()
  if (what === 'everything') near.pause()
}
