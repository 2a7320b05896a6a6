import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { KEY } from './test-server.ts'

export const PROTOCOL = 'graphql-transport-ws'

export interface Message {
  type: string
  id?: string
  // biome-ignore lint/suspicious/noExplicitAny: what comes back is what is to be proved
  payload?: any
}

interface Opening {
  protocols?: string[]
  headers?: Record<string, string>
}

/** A socket without the help of a client. It is terminated with the test. */
export async function openRawSocket(
  url: string,
  { headers = {}, protocols = [PROTOCOL] }: Opening = {},
) {
  const socket = new WebSocket(url.replace('http', 'ws'), protocols, { headers })
  socket.on('error', () => {})
  onTestFinished(() => socket.terminate())
  const received: Message[] = []
  socket.on('message', (data) => received.push(JSON.parse(String(data))))
  const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }))
  await once(socket, 'open')
  const send = (...messages: object[]) => {
    for (const message of messages) socket.send(JSON.stringify(message))
  }
  return {
    socket,
    received,
    closed,
    send,
    /** Resolves with the messages so far when the condition holds for them. */
    async receivedUntil(condition: (messages: Message[]) => boolean): Promise<Message[]> {
      while (!condition(received)) await once(socket, 'message')
      return received
    },
    async acknowledged(payload: object = { authorization: KEY }) {
      send({ type: 'connection_init', payload })
      while (received.at(-1)?.type !== 'connection_ack') await once(socket, 'message')
      received.length = 0
    },
  }
}

/** The answer to a handshake that is refused. */
export async function refusedHandshake(url: string, { headers = {}, protocols = [] }: Opening) {
  const socket = new WebSocket(url.replace('http', 'ws'), protocols, { headers })
  socket.on('error', () => {})
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  const body = JSON.parse(String(Buffer.concat(await Array.fromAsync(response))))
  return { status: response.statusCode, message: body.errors[0].message as string }
}
