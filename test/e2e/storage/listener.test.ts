import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createListener, type ListeningClient } from '../../../src/storage/listener.ts'
import { SILENT } from '../../helpers/silent-log.ts'

beforeEach(() =>
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }),
)
afterEach(() => vi.useRealTimers())

/** How the database does with connections and statements: at once, late, or not before their time limit, as an error. */
type Mood = 'well' | 'slow' | 'refusing' | 'silent'

const LIMIT_MS = 5_000

class FakeServer {
  mood: Mood = 'well'
  readonly clients: FakeClient[] = []

  async answer(): Promise<void> {
    const { mood } = this
    if (mood === 'slow') await new Promise<void>((resolve) => setTimeout(resolve, 300))
    if (mood === 'silent') await new Promise<void>((resolve) => setTimeout(resolve, LIMIT_MS))
    if (mood === 'refusing' || mood === 'silent') throw new Error(`the database is ${mood}`)
  }

  open = async (): Promise<ListeningClient> => {
    await this.answer()
    const client = new FakeClient(this)
    this.clients.push(client)
    return client as unknown as ListeningClient
  }

  notify(channel: string, payload: string): void {
    for (const client of this.clients) {
      if (client.ended || !client.channels.has(channel)) continue
      client.emit('notification', { channel, payload })
    }
  }
}

class FakeClient extends EventEmitter {
  readonly channels = new Set<string>()
  ended = false
  readonly #server: FakeServer

  constructor(server: FakeServer) {
    super()
    this.#server = server
  }

  async query(text: string): Promise<void> {
    if (!this.ended) await this.#server.answer()
    if (this.ended) throw new Error('the connection has ended')
    const [, channel] = /^listen "(.*)"$/.exec(text) ?? []
    if (channel) this.channels.add(channel)
  }

  /** On a silent connection no end comes. */
  end(): Promise<void> {
    if (this.#server.mood === 'silent') return new Promise<void>(() => {})
    this.finish()
    return Promise.resolve()
  }

  finish(): void {
    if (this.ended) return
    this.ended = true
    this.emit('end')
  }
}

const fail = () => {
  throw new Error('a listener fails')
}

const moods = fc.constantFrom<Mood>('well', 'slow', 'refusing', 'silent')
const step = fc.oneof(
  fc.record({ do: fc.constant('mood' as const), mood: moods }),
  fc.constant({ do: 'end' as const }),
  fc.constant({ do: 'error' as const }),
  fc.constant({ do: 'listen' as const }),
  fc.constant({ do: 'throw' as const }),
  fc.record({ do: fc.constant('pass' as const), milliseconds: fc.integer({ min: 0, max: 6_000 }) }),
)

test('a listener listens again on every channel, whatever ended its connections and however often', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const server = new FakeServer()
      const listener = createListener('postgres://unused', { log: SILENT, open: server.open })
      const heard: Record<string, string[]> = {}
      const listen = (channel: string) => {
        heard[channel] = []
        return listener.listen(channel, (payload) => void heard[channel]!.push(payload))
      }
      await listen('first')
      const opening: Promise<unknown>[] = []
      for (const one of steps) {
        if (one.do === 'mood') server.mood = one.mood
        if (one.do === 'end') server.clients.at(-1)?.finish()
        if (one.do === 'error') server.clients.at(-1)?.emit('error', new Error('lost'))
        if (one.do === 'listen') opening.push(listen(`channel_${opening.length}`))
        if (one.do === 'throw') opening.push(listener.listen('first', fail))
        if (one.do === 'pass') await vi.advanceTimersByTimeAsync(one.milliseconds)
      }
      server.mood = 'well'
      await vi.advanceTimersByTimeAsync(30_000)
      await Promise.all(opening)
      expect(listener.connected()).toBe(true)
      for (const channel of Object.keys(heard)) {
        server.notify(channel, 'now')
        expect(heard[channel]!.at(-1)).toBe('now')
      }
      await listener.close()
      expect(listener.connected()).toBe(false)
      expect(server.clients.at(-1)!.ended).toBe(true)
      const { length } = server.clients
      await vi.advanceTimersByTimeAsync(30_000)
      expect(server.clients).toHaveLength(length)
    }),
    { numRuns: 200 },
  )
})

test('a listener closes while it cannot connect, and leaves no connection behind', async () => {
  const server = new FakeServer()
  const listener = createListener('postgres://unused', { log: SILENT, open: server.open })
  await listener.listen('first', () => {})
  server.mood = 'silent'
  server.clients[0]!.finish()
  await vi.advanceTimersByTimeAsync(1_000)
  const closing = listener.close()
  await vi.advanceTimersByTimeAsync(LIMIT_MS)
  await closing
  await vi.advanceTimersByTimeAsync(30_000)
  expect(server.clients).toHaveLength(1)
})

test('a first connection that fails is reported, and the next call connects', async () => {
  const server = new FakeServer()
  const listener = createListener('postgres://unused', { log: SILENT, open: server.open })
  server.mood = 'refusing'
  await expect(listener.listen('first', () => {})).rejects.toThrow('refusing')
  server.mood = 'well'
  await listener.listen('first', () => {})
  expect(listener.connected()).toBe(true)
  await listener.close()
})
