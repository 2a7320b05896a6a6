import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { sharedNow } from '../clock.ts'
import { servePart } from '../part.ts'

/** Answers immediately, after a number of milliseconds, or never. */
type Manner = 'AT_ONCE' | 'NEVER' | number

/** Each door is a port of its own, as each customer's endpoint is a server of its own. */
interface Door {
  server: Server
  manner: Manner
  /** Whether its requests are counted now. */
  counted: boolean
  /** Whether it is noted when each event arrives. */
  noted: boolean
}

const doors: Door[] = []
let count = 0
let sample: { headers: Record<string, string>; body: string } | null = null
const arrivals = new Map<string, number>()
let first = 0
let watch: { count: number; done: (at: number) => void } | null = null

function receive(door: Door, request: IncomingMessage, response: ServerResponse): void {
  const at = sharedNow()
  if (door.noted) arrivals.set(String(request.headers['webhook-id']), at)
  if (sample) request.resume()
  else void keepSample(request)
  request.once('end', () => answer(door, response))
  if (!door.counted) return
  if (count === 0) first = at
  count += 1
  if (watch?.count !== count) return
  watch.done(at)
  watch = null
}

function answer({ manner }: Door, response: ServerResponse): void {
  if (manner === 'NEVER') return
  const end = () => response.writeHead(204).end()
  if (manner === 'AT_ONCE') end()
  else setTimeout(end, manner)
}

async function keepSample(request: IncomingMessage): Promise<void> {
  const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
  sample = { headers: headers as Record<string, string>, body: await text(request) }
}

const receiver = {
  /** Opens doors, whose indexes follow those of the ones before. @returns their URLs */
  async open(many: number, manner: Manner = 'AT_ONCE'): Promise<string[]> {
    const opened = Array.from({ length: many }, () => {
      const server = createServer((request, response) => receive(door, request, response))
      const door: Door = { server, manner, counted: true, noted: false }
      return door
    })
    doors.push(...opened)
    await Promise.all(opened.map(({ server }) => once(server.listen(0, '127.0.0.1'), 'listening')))
    return opened.map(({ server }) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  },

  /** From now on these doors, by index, answer so. */
  behave(indexes: readonly number[], manner: Manner): void {
    for (const index of indexes) doors[index]!.manner = manner
  },

  /** Counts from 0 what comes through the doors from one index to before another. */
  count(from: number, to: number): void {
    count = 0
    for (const [index, door] of doors.entries()) door.counted = index >= from && index < to
  },

  /** Waits until `many` requests were counted. @returns the times of the first and the last one */
  async received(many: number): Promise<{ first: number; last: number }> {
    const last =
      count >= many
        ? sharedNow()
        : await new Promise<number>((done) => {
            watch = { count: many, done }
          })
    return { first, last }
  },

  /** Notes from now on when each event arrives at the doors from one index on, and forgets what it noted before. */
  note(from: number): void {
    arrivals.clear()
    for (const [index, door] of doors.entries()) door.noted = index >= from
  },

  /** When each event arrived, by its id. */
  arrivals: (): Map<string, number> => arrivals,

  /** The first request that came: what the bare loop sends as well. */
  sample: () => sample,
}

export type Receiver = typeof receiver

servePart(receiver)
