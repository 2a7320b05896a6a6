import net, { type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { listen, watchSockets } from '../helpers/open-sockets.ts'

/** Stands between a client and a server, and goes silent without a word when told to. */
export interface StallingProxy {
  /** The server's URL, through here. */
  url: string
  /** From now on nothing passes, or no answer, and new connections are accepted but hear nothing either. */
  stall(what?: 'everything' | 'answers'): void
  /** Lets connections pass again: those of before as well, with all that was held back; or with `onlyNew` without them. */
  resume(options?: { onlyNew?: boolean }): void
  /** Ends all connections; what was held back is lost. */
  cut(): void
}

/**
 * Starts one. It ends with the test.
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
      // A stalled line does not tell the one side that the other has gone.
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
        // Those that have gone meanwhile are heard of now; the others, when they are to stay dead, never.
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
