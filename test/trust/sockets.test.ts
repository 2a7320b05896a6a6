import { on, once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { createWorld, type World } from '../helpers/world.ts'
import { startTestServer } from '../unit/server/test-server.ts'

const PROTOCOL = 'graphql-transport-ws'

let world: World
beforeAll(async () => {
  world = await createWorld({ worker: false })
})
afterAll(() => world[Symbol.asyncDispose]())

/** A socket to the running service, without the client's help. */
async function open(url = world.url, origin?: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, PROTOCOL, {
    ...(origin && { origin }),
  })
  socket.on('error', () => {})
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  const closed = once(socket, 'close').then(([code]) => code as number)
  return { socket, closed, send: (message: object) => socket.send(JSON.stringify(message)) }
}

/** Returns the next message of the service. */
async function said(socket: WebSocket): Promise<{ type: string }> {
  const [data] = await once(socket, 'message')
  return JSON.parse(String(data))
}

/** One whose sender is known. */
async function greeted() {
  const opened = await open()
  const answer = said(opened.socket)
  const payload = { authorization: `Bearer ${world.apiKey}` }
  opened.send({ type: 'connection_init', payload })
  expect(await answer).toEqual({ type: 'connection_ack' })
  return opened
}

/** The status that an upgrade is refused with. */
async function refusal(origin: string): Promise<number | undefined> {
  const socket = new WebSocket(`${world.url.replace('http', 'ws')}/graphql`, PROTOCOL, { origin })
  socket.on('error', () => {})
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  return response.statusCode
}

describe('a page', () => {
  test.each(['https://evil.example', 'http://127.0.0.1:1', 'null'])(
    'opens no socket from %s, whatever key it has',
    async (origin) => {
      expect(await refusal(origin)).toBe(403)
    },
  )

  test('opens one when its origin is allowed', async () => {
    const { url } = await startTestServer({ allowedOrigins: ['https://app.example'] })
    const { socket } = await open(url, 'https://app.example')
    expect(socket.readyState).toBe(WebSocket.OPEN)
  })

  test('opens one when it is from the host of the service', async () => {
    const { socket } = await open(world.url, world.url)
    expect(socket.readyState).toBe(WebSocket.OPEN)
  })
})

test('a client that does not send credentials in time is closed with 4408', async () => {
  const { url } = await startTestServer({ initTimeout: 50 })
  const { closed } = await open(url)
  expect(await closed).toBe(4408)
})

test.each([
  ['an unknown type', '{"type":"start"}'],
  ['no type', '{}'],
  ['a list', '[]'],
  ['null', 'null'],
  ['an operation without an id', '{"type":"subscribe","payload":{"query":"{ __typename }"}}'],
  ['an operation without a query', '{"type":"subscribe","id":"1","payload":{}}'],
  ['a query that is no text', '{"type":"subscribe","id":"1","payload":{"query":7}}'],
  [
    'variables that are a text',
    '{"type":"subscribe","id":"1","payload":{"query":"{ __typename }","variables":"x"}}',
  ],
])('a message with %s is closed with 4400', async (_, message) => {
  const { closed, socket } = await greeted()
  socket.send(message)
  expect(await closed).toBe(4400)
})

test('bytes that are not UTF-8 are closed with 1007', async () => {
  const { closed, socket } = await greeted()
  socket.send(Buffer.from([0xff, 0x00, 0xfe]))
  expect(await closed).toBe(1007)
})

test.each(['', 'Bearer ', 'Bearer bmk_x', `Basic ${btoa('user:password')}`])(
  'a client that sends "%s" first is closed with 4401',
  async (authorization) => {
    const { closed, send } = await open()
    send({ type: 'connection_init', payload: { authorization } })
    expect(await closed).toBe(4401)
  },
)

test.each([
  ['an object that cannot be a text', { toString: 1, valueOf: 1 }],
  ['a list of them', [{ toString: 1 }]],
  ['a number', 1],
])('connection_init with %s is closed with 4401', async (_, authorization) => {
  const { closed, send } = await open()
  send({ type: 'connection_init', payload: { authorization } })
  expect(await closed).toBe(4401)
})

test('a key in the address or in a cookie is not accepted', async () => {
  const url = `${world.url.replace('http', 'ws')}/graphql?authorization=Bearer%20${world.apiKey}`
  const headers = { cookie: `authorization=Bearer ${world.apiKey}; key=${world.apiKey}` }
  const socket = new WebSocket(url, PROTOCOL, { headers })
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init' }))
  const [code] = await once(socket, 'close')
  expect(code).toBe(4401)
})

test('an operation that is sent together with connection_init is closed with 4401', async () => {
  const { closed, send } = await open()
  send({ type: 'connection_init', payload: { authorization: `Bearer ${world.apiKey}` } })
  send({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } })
  expect(await closed).toBe(4401)
})

test('two concurrent connection_init messages are closed with 4429', async () => {
  const { closed, send } = await open()
  send({ type: 'connection_init', payload: { authorization: `Bearer ${world.apiKey}` } })
  send({ type: 'connection_init', payload: { authorization: `Bearer ${world.apiKey}` } })
  expect(await closed).toBe(4429)
})

test('an id is free again when its operation has ended, and taken until then: 4409', async () => {
  const { closed, send, socket } = await greeted()
  const query = 'subscription { destinationChanged { id } }'
  const messages = on(socket, 'message')
  send({ type: 'subscribe', id: '1', payload: { query: '{ viewer { scopes } }' } })
  for await (const [data] of messages) if (JSON.parse(String(data)).type === 'complete') break
  send({ type: 'subscribe', id: '1', payload: { query } })
  send({ type: 'subscribe', id: '1', payload: { query } })
  expect(await closed).toBe(4409)
})

test('a message of 1 MB is read, and one a byte longer is closed with 1009', async () => {
  const { closed, socket } = await greeted()
  const ping = (size: number) => {
    const empty = JSON.stringify({ type: 'ping', payload: { text: '' } })
    return empty.replace('""', `"${'x'.repeat(size - empty.length)}"`)
  }
  const pong = said(socket)
  socket.send(ping(1_000_000))
  expect(await pong).toMatchObject({ type: 'pong' })
  socket.send(ping(1_000_001))
  expect(await closed).toBe(1009)
})

/** Authenticates, and returns the TCP socket, to which the test writes frames byte by byte. */
async function openRaw() {
  const { closed, socket } = await greeted()
  // `ws` keeps the TCP connection here; nothing public writes an unfinished frame.
  const { _socket: stream } = socket as unknown as { _socket: Socket }
  stream.setNoDelay(true)
  return { closed, stream }
}

const MASK = Buffer.alloc(4)

/** A masked frame of one byte. Only the first has the kind "text", only the last would have the bit FIN. */
const oneByteFragment = (first: boolean) =>
  Buffer.concat([Buffer.from([first ? 0x01 : 0x00, 0x81]), MASK, Buffer.from('x')])

test('a message of more than 256 fragments is closed with 1008', async () => {
  const { closed, stream } = await openRaw()
  stream.write(Buffer.concat(Array.from({ length: 257 }, (_, n) => oneByteFragment(n === 0))))
  expect(await closed).toBe(1008)
})

test('a frame that arrives in more than 2,048 reads is closed with 1008', async () => {
  const { closed, stream } = await openRaw()
  let ended = false
  const code = closed.finally(() => {
    ended = true
  })
  const announced = Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40])
  stream.write(Buffer.concat([announced, MASK]))
  // The service runs in this process: it reads each byte in a turn of its own.
  for (let sent = 0; sent < 1_000_000 && !ended; sent += 1) {
    stream.write('x')
    await setImmediate()
  }
  expect(await code).toBe(1008)
})
