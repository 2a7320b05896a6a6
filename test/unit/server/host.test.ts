import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startTestServer } from './test-server.ts'

/** Sends a GET with this header Host. Returns the response, after which the server or the client closes the connection. */
async function respondTo(path: string, host: string, headers = ''): Promise<string> {
  const { url, world } = await startTestServer()
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers || 'Connection: close\r\n'}\r\n`)
  const chunks = await Array.fromAsync(socket)
  expect(world.log).toEqual([])
  return chunks.join('')
}

const QUERY = '/graphql?query=%7B__typename%7D'
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

test.each(['', 'a b', 'a:b:c', 'x:99999', '[::1', 'user@x', 'x/y', 'x?y', 'x\\y', '<x>'])(
  'the header "Host: %s" is refused with 400 and a sentence',
  async (host) => {
    for (const [path, headers] of [[QUERY], ['/'], ['/health/live'], ['/graphql', UPGRADE]]) {
      const response = await respondTo(path!, host, headers)
      expect(response).toMatch(/^HTTP\/1\.1 400 /)
      expect(response).toContain('The header Host is not the name of a host.')
    }
  },
)

test.each(['x', 'my_service:8080', '127.0.0.1:4000', '[::1]:4000', 'webhooks.example.com.'])(
  'the header "Host: %s" is accepted',
  async (host) => {
    expect(await respondTo(QUERY, host)).toMatch(/^HTTP\/1\.1 200 /)
  },
)
