import type pg from 'pg'
import { pause, systemClock } from '../concurrency/clock.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createEndpoints, openClient } from './connection/client.ts'

/** Hears NOTIFY on one dedicated connection that reconnects by itself. */
export interface Listener {
  /**
   * @param onNotify gets the payload. It is also called, with an empty one, after each (re)connect: what
   *   was announced meanwhile was missed.
   * @returns a function that ends the listening
   */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>
}

/** Milliseconds between attempts to connect again. */
const RECONNECT = 250

/** Milliseconds between proofs that the connection still carries something, and to wait for one. */
const PROBE = 5_000

export interface ListenerAdapter extends Listener {
  /** Whether notifications arrive at the moment. */
  connected(): boolean
  close(): Promise<void>
}

/** What a listener uses of a connection. Statements have a time limit of their own. */
export type ListeningClient = Pick<pg.Client, 'query' | 'end' | 'on' | 'once'>

type Hear = (payload: string) => void

interface Connection {
  client: ListeningClient
  /** Gives the connection up. */
  lose(): void
  /** Resolves when it has ended, was given up, or the listener closes. Never rejects. */
  over: Promise<void>
}

/**
 * LISTEN on one connection of its own, opened with the first listener. From then on one loop connects again whenever
 * the connection is lost; only `close` ends it.
 * @param options.open opens a connection; replaced in tests
 */
export function createListener(
  url: string,
  { log, open = opener(url) }: { log: Logger; open?: () => Promise<ListeningClient> },
): ListenerAdapter {
  const channels = new Map<string, Set<Hear>>()
  const closing = new AbortController()
  const { signal } = closing
  let current: Connection | null = null
  let connectedAgain = Promise.withResolvers<void>()
  let first: Promise<void> | null = null
  let running: Promise<void> | null = null

  /** A listener that throws does not keep the others from theirs. */
  function notify(channel: string, payload: string): void {
    for (const hear of channels.get(channel) ?? []) {
      try {
        hear(payload)
      } catch (error) {
        log.error({ err: error, channel }, 'a notification could not be handled')
      }
    }
  }

  async function connect(): Promise<void> {
    const client = await open()
    const { promise: over, resolve: lose } = Promise.withResolvers<void>()
    client.once('end', () => lose())
    client.on('error', (error) => log.warn({ err: error }, 'the listening connection was lost'))
    client.on('notification', ({ channel, payload = '' }) => notify(channel, payload))
    try {
      // A Map brings keys that are added meanwhile as well.
      for (const channel of channels.keys()) await client.query(`listen "${channel}"`)
    } catch (error) {
      discard(client)
      throw error
    }
    current = { client, lose, over }
  }

  /** Runs until the listener closes: every way in which a connection can end leads to the next one. */
  async function run(): Promise<void> {
    while (!signal.aborted) {
      if (!current) {
        await connect().catch(() => pause(systemClock, RECONNECT, signal))
        if (!current || signal.aborted) continue
        connectedAgain.resolve()
        connectedAgain = Promise.withResolvers()
        for (const channel of channels.keys()) notify(channel, '')
      }
      await endOf(current)
      if (!signal.aborted) discard(current.client)
      if (!signal.aborted) current = null
    }
    connectedAgain.resolve()
  }

  async function listenTo(channel: string): Promise<void> {
    const again = connectedAgain.promise
    try {
      if (current) return void (await current.client.query(`listen "${channel}"`))
    } catch {
      current?.lose()
    }
    // The next connection listens to all channels.
    if (!signal.aborted) await again
  }

  return {
    connected: () => current !== null && !signal.aborted,
    async listen(channel, hear) {
      const hears = channels.get(channel) ?? new Set()
      channels.set(channel, hears)
      hears.add(hear)
      first ??= connect().then(() => {
        running = run()
      })
      try {
        await first
      } catch (error) {
        first = null
        hears.delete(hear)
        throw error
      }
      await listenTo(channel)
      return async () => void hears.delete(hear)
    },
    async close() {
      closing.abort()
      current?.lose()
      await first?.catch(() => {})
      await running
      // A goodbye that has a time limit: on a connection that went silent `end` would wait for an answer.
      await current?.client.query('unlisten *').catch(() => {})
      await current?.client.end().catch(() => {})
      current = null
    },
  }
}

const opener = (url: string) => {
  const endpoints = createEndpoints(url)
  return () =>
    openClient(endpoints, {
      applicationName: 'bigmind-webhooks listener',
      queryTimeout: PROBE,
      connectTimeout: PROBE,
    })
}

/** Waits for the end of a connection, and gives up one that carries nothing any more. */
async function endOf({ client, lose, over }: Connection): Promise<void> {
  const probe = setInterval(() => {
    client.query('select 1').catch(() => lose())
  }, PROBE)
  await over
  clearInterval(probe)
}

/** Not awaited: on a connection that went silent `end` waits until TCP gives up. */
function discard(client: ListeningClient): void {
  void client.end().catch(() => {})
}
