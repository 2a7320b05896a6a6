import type pg from 'pg'
import { pause, systemClock } from '../concurrency/clock.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createEndpoints, openClient } from './connection/client.ts'

/** Receives notifications (LISTEN) on a dedicated connection, which reconnects by itself. */
export interface Listener {
  /**
   * @param onNotify receives the payload. It is also called with an empty payload after each (re)connect, because
   *   notifications in between were missed
   * @returns a function that removes `onNotify`
   */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>
}

/** Milliseconds between attempts to reconnect. */
const RECONNECT_INTERVAL_MS = 250

/** Milliseconds between queries that test the connection, and their time limit. */
const PROBE_INTERVAL_MS = 5_000

export interface ListenerAdapter extends Listener {
  /** Whether the connection is open. */
  connected(): boolean
  close(): Promise<void>
}

/** The methods of a connection that a listener uses. Its queries have a time limit. */
export type ListeningClient = Pick<pg.Client, 'query' | 'end' | 'on' | 'once'>

type NotificationHandler = (payload: string) => void

interface Connection {
  client: ListeningClient
  /** Abandons the connection. */
  lose(): void
  /** Resolves when the connection has ended or was abandoned, or when the listener closes. Never rejects. */
  over: Promise<void>
}

/**
 * Creates a listener. Its connection is opened by the first call of `listen` and reopened whenever it is lost, until `close`.
 * @param options.open opens a connection; replaced in tests
 */
export function createListener(
  url: string,
  { log, open = opener(url) }: { log: Logger; open?: () => Promise<ListeningClient> },
): ListenerAdapter {
  const channels = new Map<string, Set<NotificationHandler>>()
  const closing = new AbortController()
  const { signal } = closing
  let current: Connection | null = null
  let connectedAgain = Promise.withResolvers<void>()
  let first: Promise<void> | null = null
  let running: Promise<void> | null = null

  /** Calls all handlers, also when one throws. */
  function notify(channel: string, payload: string): void {
    for (const handle of channels.get(channel) ?? []) {
      try {
        handle(payload)
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
      // The iteration includes channels that are added during it.
      for (const channel of channels.keys()) await client.query(`listen "${channel}"`)
    } catch (error) {
      discard(client)
      throw error
    }
    current = { client, lose, over }
  }

  /** Reconnects until the listener closes. */
  async function run(): Promise<void> {
    while (!signal.aborted) {
      if (!current) {
        await connect().catch(() => pause(systemClock, RECONNECT_INTERVAL_MS, signal))
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
    // The next connection listens on all channels.
    if (!signal.aborted) await again
  }

  return {
    connected: () => current !== null && !signal.aborted,
    async listen(channel, onNotify) {
      const handlers = channels.get(channel) ?? new Set()
      channels.set(channel, handlers)
      handlers.add(onNotify)
      first ??= connect().then(() => {
        running = run()
      })
      try {
        await first
      } catch (error) {
        first = null
        handlers.delete(onNotify)
        throw error
      }
      await listenTo(channel)
      return async () => void handlers.delete(onNotify)
    },
    async close() {
      closing.abort()
      current?.lose()
      await first?.catch(() => {})
      await running
      // A query with a time limit first: on a silent connection, `end` would wait for a response.
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
      queryTimeout: PROBE_INTERVAL_MS,
      connectTimeout: PROBE_INTERVAL_MS,
    })
}

/** Waits for the end of a connection, and abandons one that does not answer. */
async function endOf({ client, lose, over }: Connection): Promise<void> {
  const probe = setInterval(() => {
    client.query('select 1').catch(() => lose())
  }, PROBE_INTERVAL_MS)
  await over
  clearInterval(probe)
}

/** Closes a connection without waiting: on a silent connection, `end` waits for a time limit of TCP. */
function discard(client: ListeningClient): void {
  void client.end().catch(() => {})
}
