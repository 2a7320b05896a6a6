import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { KEY } from './test-server.ts'

/** Opens a TCP connection to a server. It is destroyed with the test. */
export async function openConnection(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** A request for a GraphQL operation, byte for byte. */
export function operationRequest(query: string, headers: Record<string, string> = {}): string {
  const body = JSON.stringify({ query })
  const lines = Object.entries({
    Host: 'x',
    Authorization: KEY,
    'Content-Type': 'application/json',
    'Content-Length': String(body.length),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST /graphql HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/** Reads until the text that has arrived satisfies the condition. @returns all of it */
export async function readUntil(
  socket: Socket,
  satisfied: (text: string) => boolean,
): Promise<string> {
  let text = ''
  while (!satisfied(text)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    text += chunk.toString('latin1')
  }
  return text
}
