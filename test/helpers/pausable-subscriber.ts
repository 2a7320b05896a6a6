import { once } from 'node:events'
import http from 'node:http'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

/** A connection with one subscription that can stop reading from the network. */
export interface PausableSubscriber {
  /** Stops reading: data stays in the kernel, and then in the sender. */
  pause(): void
  resume(): void
  /** Settles when the connection is closed. */
  closed: Promise<unknown>
}

/** Opens a subscription. `onMessage` is called with the text of each message. */
export type Subscribe = (
  api: { url: string; apiKey: string },
  operation: { query: string; variables: object },
  onMessage: (message: string) => void,
) => Promise<PausableSubscriber>

export const overSocket: Subscribe = async ({ url, apiKey }, operation, onMessage) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  socket.on('error', () => {})
  onTestFinished(() => socket.terminate())
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'open')
  const payload = { authorization: `Bearer ${apiKey}` }
  socket.send(JSON.stringify({ type: 'connection_init', payload }))
  await once(socket, 'message')
  socket.on('message', (data) => onMessage(String(data)))
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: operation }))
  return { pause: () => socket.pause(), resume: () => socket.resume(), closed }
}

export const overEvents: Subscribe = async ({ url, apiKey }, operation, onMessage) => {
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
      if (text.startsWith('data: ')) onMessage(text)
      line = [next]
    }
  })
  return { pause: () => void response.pause(), resume: () => void response.resume(), closed }
}
