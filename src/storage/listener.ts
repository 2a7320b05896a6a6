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
  const listener = new ReconnectingListener(log, open)
  return {
    connected: () => listener.connected(),
    listen: (channel, onNotify) => listener.listen(channel, onNotify),
    close: () => listener.close(),
  }
}

class ReconnectingListener {
  readonly #log: Logger
  readonly #open: () => Promise<ListeningClient>
  readonly #handlers = new Map<string, Set<NotificationHandler>>()
  readonly #closing = new AbortController()
  #current: Connection | null = null
  /** Resolves with the next connection. */
  #reconnected = Promise.withResolvers<void>()
  #first: Promise<void> | null = null
  #running: Promise<void> | null = null

  constructor(log: Logger, open: () => Promise<ListeningClient>) {
    this.#log = log
    this.#open = open
  }

  connected(): boolean {
    return this.#current !== null && !this.#closing.signal.aborted
  }

  async listen(channel: string, onNotify: NotificationHandler): Promise<() => Promise<void>> {
    const handlers = this.#handlers.get(channel) ?? new Set()
    this.#handlers.set(channel, handlers)
    handlers.add(onNotify)
    this.#first ??= this.#connect().then(() => {
      this.#running = this.#reconnect()
    })
    try {
      await this.#first
    } catch (error) {
      this.#first = null
      handlers.delete(onNotify)
      throw error
    }
    await this.#listenOn(channel)
    return async () => void handlers.delete(onNotify)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#current?.lose()
    await this.#first?.catch(() => {})
    await this.#running
    // A query with a time limit first: on a silent connection, `end` would wait for a response.
    await this.#current?.client.query('unlisten *').catch(() => {})
    await this.#current?.client.end().catch(() => {})
    this.#current = null
  }

  /** Calls all handlers, also when one throws. */
  #notify(channel: string, payload: string): void {
    for (const handle of this.#handlers.get(channel) ?? []) {
      try {
        handle(payload)
      } catch (error) {
        this.#log.error({ err: error, channel }, 'a notification could not be handled')
      }
    }
  }

  async #connect(): Promise<void> {
    const client = await this.#open()
    const { promise: over, resolve: lose } = Promise.withResolvers<void>()
    client.once('end', () => lose())
    client.on('error', (error) =>
      this.#log.warn({ err: error }, 'the listening connection was lost'),
    )
    client.on('notification', ({ channel, payload = '' }) => this.#notify(channel, payload))
    try {
      // The iteration includes channels that are added during it.
      for (const channel of this.#handlers.keys()) await client.query(`listen "${channel}"`)
    } catch (error) {
      discard(client)
      throw error
    }
    this.#current = { client, lose, over }
  }

  /** Reconnects until the listener closes. */
  async #reconnect(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      if (!this.#current) {
        await this.#connect().catch(() => pause(systemClock, RECONNECT_INTERVAL_MS, signal))
        if (!this.#current || signal.aborted) continue
        this.#reconnected.resolve()
        this.#reconnected = Promise.withResolvers()
        for (const channel of this.#handlers.keys()) this.#notify(channel, '')
      }
      await endOf(this.#current)
      if (signal.aborted) break
      discard(this.#current.client)
      this.#current = null
    }
    this.#reconnected.resolve()
  }

  async #listenOn(channel: string): Promise<void> {
    const reconnected = this.#reconnected.promise
    try {
      if (this.#current) return void (await this.#current.client.query(`listen "${channel}"`))
    } catch {
      this.#current?.lose()
    }
    // The next connection listens on all channels.
    if (!this.#closing.signal.aborted) await reconnected
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
