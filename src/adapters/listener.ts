import type pg from 'pg'
import type { Listener, Logger } from '../services/ports.ts'
import { createEndpoints, openClient } from './database-client.ts'

/** Milliseconds between attempts to connect again. */
const RECONNECT = 250

/** Milliseconds between proofs that the connection still carries something, and to wait for one. */
const PROBE = 5_000

export interface ListenerAdapter extends Listener {
  /** Whether it hears at the moment. */
  connected(): boolean
  close(): Promise<void>
}

type Hear = (payload: string) => void

/** LISTEN on one connection of its own, opened with the first listener and reopened whenever it is lost. */
export function createListener(url: string, { log }: { log: Logger }): ListenerAdapter {
  const endpoints = createEndpoints(url)
  const channels = new Map<string, Set<Hear>>()
  let connection: Promise<pg.Client> | null = null
  let closed = false
  let connected = false

  async function connect(): Promise<pg.Client> {
    const client = await openClient(endpoints, {
      applicationName: 'bigmind-webhooks listener',
      queryTimeout: PROBE,
      connectTimeout: PROBE,
    })
    client.on('error', (error) => log.warn({ err: error }, 'the listening connection was lost'))
    client.on('notification', ({ channel, payload = '' }) => {
      for (const hear of channels.get(channel) ?? []) hear(payload)
    })
    try {
      for (const channel of channels.keys()) await client.query(`listen "${channel}"`)
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    connected = true
    const probe = setInterval(() => {
      client.query('select 1').catch(() => void client.end().catch(() => {}))
    }, PROBE)
    client.on('end', () => {
      clearInterval(probe)
      connected = false
      if (!closed) connection = reconnect()
    })
    return client
  }

  async function reconnect(): Promise<pg.Client> {
    for (;;) {
      try {
        const client = await connect()
        for (const hears of channels.values()) for (const hear of hears) hear('')
        return client
      } catch (error) {
        if (closed) throw error
        await new Promise((resolve) => setTimeout(resolve, RECONNECT))
      }
    }
  }

  return {
    connected: () => connected,
    async listen(channel, hear) {
      const hears = channels.get(channel) ?? new Set()
      channels.set(channel, hears)
      hears.add(hear)
      connection ??= connect()
      const client = await connection
      await client.query(`listen "${channel}"`)
      return async () => {
        hears.delete(hear)
      }
    },
    async close() {
      closed = true
      const client = await connection?.catch(() => null)
      // A goodbye that has a time limit: on a connection that went silent `end` would wait for an answer.
      await client?.query('unlisten *').catch(() => {})
      await client?.end().catch(() => {})
    },
  }
}
