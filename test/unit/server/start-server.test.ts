import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { inTime } from '../../faults/extent.ts'
import { eventually } from '../../helpers/eventually.ts'
import { openConnection, readUntil } from './raw-request.ts'
import { answerOf, KEY, post, startTestServer } from './test-server.ts'

test('closing the server closes WebSockets with 1001, completes streams and ends all sources', async () => {
  const { close, graphql, world } = await startTestServer()
  const socket = new WebSocket(graphql.replace('http', 'ws'), 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: KEY } }))
  await once(socket, 'message')
  const query = 'subscription { count(to: 0) }'
  socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }))
  const stream = await post(graphql, { query }, { authorization: KEY, accept: 'text/event-stream' })
  await eventually(() => expect(world.openStreams).toBe(2))
  const closed = once(socket, 'close')
  const [[code], text] = await Promise.all([closed, stream.text(), close()])
  expect(code).toBe(1001)
  expect(text).toContain('event: complete')
  await eventually(() => expect(world.openStreams).toBe(0))
})

test('closing the server waits for a running request and accepts no new one', async () => {
  const { close, graphql, world } = await startTestServer()
  const running = post(graphql, { query: '{ slow }' })
  await world.started.promise
  const closing = close()
  await expect(post(graphql, { query: '{ viewer }' })).rejects.toThrow()
  world.finish.resolve()
  expect(await answerOf(running)).toEqual({ data: { slow: 'done' } })
  await closing
})

test('closing does not wait for a request that takes long', async () => {
  const { close, graphql, world } = await startTestServer()
  const running = post(graphql, { query: '{ slow }' }).catch((error: unknown) => error)
  await world.started.promise
  const start = performance.now()
  await close()
  expect(performance.now() - start).toBeLessThan(inTime(5_000))
  expect(await running).toBeInstanceOf(Error)
})

const HANDSHAKE = [
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: graphql-transport-ws',
  '',
  '',
].join('\r\n')

test('closing the server closes a WebSocket whose handshake arrives meanwhile', async () => {
  const { close, url } = await startTestServer()
  const socket = await openConnection(url)
  // The answer to the first request shows that the server has the beginning of the second one, too.
  socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /graphql HTTP/1.1\r\n')
  await readUntil(socket, (text) => text.includes('ok'))
  const closing = close()
  socket.write(HANDSHAKE)
  await readUntil(socket, (text) => text.includes('Going away'))
  socket.end()
  await closing
})

test('closing the server does not wait for a client with a refused handshake that keeps its connection open', async () => {
  const { close, url } = await startTestServer()
  const socket = connect({ port: Number(new URL(url).port), allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  socket.write(`GET /elsewhere HTTP/1.1\r\n${HANDSHAKE}`)
  socket.resume()
  await once(socket, 'end')
  await close()
})

test('starting the server on an address in use fails', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await expect(startTestServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  other.close()
})
