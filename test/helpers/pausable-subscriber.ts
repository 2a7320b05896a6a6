import { once } from 'node:events'
import http from 'node:http'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

/** One connection with a subscription, which can stop reading from the network. */
export interface PausableSubscriber {
  /** What is sent from now on stays in the kernel, and then with the sender. */
  pause(): void
  resume(): void
  /** Settles when the connection is gone. */
  closed: Promise<unknown>
}

/** Opens a subscription. `hear` gets each message as the text that came. */
export type Subscribe = (
  api: { url: string; apiKey: string },
  operation: { query: string; variables: object },
  hear: (message: string) => void,
) => Promise<PausableSubscriber>

export const overSocket: Subscribe = async ({ url, apiKey }, operation, hear) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  socket.on('error', () => {})
  onTestFinished(() => socket.terminate())
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'open')
  const payload = { authorization: `Bearer ${apiKey}` }
  socket.send(JSON.stringify({ type: 'connection_init', payload }))
  await once(socket, 'message')
  socket.on('message', (data) => hear(String(data)))
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: operation }))
  return { pause: () => socket.pause(), resume: () => socket.resume(), closed }
}

export const overEvents: Subscribe = async ({ url, apiKey }, operation, hear) => {
  const headers = {
    authorization: `Bearer ${apiKey}`,
    accept: 'text/event-stream',
    'content-type': 'application/json',
  }
  const request = http.request(`${url}/graphql`, { method: 'POST', agent: false, headers })
  onTestFinished(() => void request.destroy())
  request.end(JSON.stringify(operation))
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  response.on('error', () => {})
  const closed = new Promise((resolve) => response.once('close', resolve))
  let line: string[] = []
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const [rest, ...further] = chunk.split('\n')
    line.push(rest!)
    for (const next of further) {
      const text = line.join('')
      if (text.startsWith('data: ')) hear(text)
      line = [next]
    }
  })
  return { pause: () => void response.pause(), resume: () => void response.resume(), closed }
}
