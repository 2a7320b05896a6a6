import { once } from 'node:events'
import { print } from 'graphql'
import { WebSocket } from 'ws'
import { WatchBenchAttempts } from '../operations.ts'
import { servePart } from '../part.ts'

/** One subscriber: a socket of its own, and what it watches. */
export interface Subscriber {
  apiKey: string
  destinationId: string
}

/** Sockets that are opened at a time. */
const AT_ONCE = 50

const open: WebSocket[] = []
let ids: string[] = []
let times: number[] = []

async function subscribe(url: string, { apiKey, destinationId }: Subscriber): Promise<void> {
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false })
  const send = (message: object) => socket.send(JSON.stringify(message))
  await once(socket, 'open')
  open.push(socket)
  send({ type: 'connection_init', payload: { authorization: `Bearer ${apiKey}` } })
  await once(socket, 'message')
  socket.on('message', (data) => hear(String(data)))
  const payload = { query: print(WatchBenchAttempts), variables: { destinationId } }
  send({ id: '1', type: 'subscribe', payload })
}

function hear(text: string): void {
  const at = performance.timeOrigin + performance.now()
  const message = JSON.parse(text)
  const id = message.payload?.data?.deliveryAttempted?.id
  if (!id) return
  ids.push(id)
  times.push(at)
}

const subscribers = {
  /** Connects all of them and subscribes. */
  async open(apiUrl: string, all: readonly Subscriber[]): Promise<void> {
    const url = `${apiUrl.replace('http', 'ws')}/graphql`
    for (let start = 0; start < all.length; start += AT_ONCE) {
      await Promise.all(all.slice(start, start + AT_ONCE).map((one) => subscribe(url, one)))
    }
  },

  /** Returns the attempts received since the last call: their ids, and their times in milliseconds since 1970. */
  take(): { ids: string[]; times: Float64Array } {
    const taken = { ids, times: Float64Array.from(times) }
    ids = []
    times = []
    return taken
  },

  async closeAll(): Promise<void> {
    await Promise.all(
      open.splice(0).map(async (socket) => {
        socket.close()
        await once(socket, 'close')
      }),
    )
  },
}

export type Subscribers = typeof subscribers

servePart(subscribers)
