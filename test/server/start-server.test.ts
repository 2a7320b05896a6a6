import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { WebSocket } from 'ws'
import { answerOf, KEY, post, startTestServer } from './test-server.ts'

test('closing ends sockets with 1001, completes streams and leaves no source open', async () => {
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

test('closing lets a running request finish and takes no new one', async () => {
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
  expect(performance.now() - start).toBeLessThan(15_000)
  expect(await running).toBeInstanceOf(Error)
})

test('an address that is taken is said when the server starts', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await expect(startTestServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  other.close()
})
