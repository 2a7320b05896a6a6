import { expect, test } from 'vitest'
import { openConnection, operationRequest, readUntil } from './raw-request.ts'
import { startTestServer } from './test-server.ts'

const handshake = (version: string, headers: string) =>
  `GET /graphql HTTP/${version}\r\nHost: x\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${btoa('0123456789abcdef')}\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n${headers}\r\n`

test.each([
  ['a proxy that removed both headers', '1.1', ''],
  ['a proxy that speaks HTTP/1.0', '1.0', 'Connection: close\r\n'],
  ['a proxy that removed Connection', '1.1', 'Upgrade: websocket\r\n'],
  ['a proxy that removed Upgrade', '1.1', 'Connection: Upgrade\r\n'],
  [
    'a proxy that keeps connections alive',
    '1.1',
    'Upgrade: WebSocket\r\nConnection: keep-alive\r\n',
  ],
])('a handshake behind %s is answered 426 with a sentence', async (_, version, headers) => {
  const { url } = await startTestServer()
  const socket = await openConnection(url)
  socket.write(handshake(version, headers))
  const answer = await readUntil(socket, (text) => text.includes('}'))
  expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/)
  expect(answer).toMatch(/^upgrade: websocket\r$/im)
  expect(answer).toContain('Configure the proxy')
})

test('a complete handshake gets 101', async () => {
  const { url } = await startTestServer()
  const socket = await openConnection(url)
  socket.write(handshake('1.1', 'Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n'))
  expect(await readUntil(socket, (text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 101 /)
})

test('an offer of HTTP/2, as of curl and of Java, is declined and the request answered', async () => {
  const { url } = await startTestServer()
  const socket = await openConnection(url)
  const headers = {
    Connection: 'Upgrade, HTTP2-Settings',
    Upgrade: 'h2c',
    'HTTP2-Settings': 'AAMAAABkAAQCAAAAAAIAAAAA',
  }
  socket.write(operationRequest('{ viewer }', headers))
  const answer = await readUntil(socket, (text) => text.includes('}'))
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(answer).toContain('org_1')
})
