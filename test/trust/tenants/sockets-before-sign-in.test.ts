import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { createWorld, type World } from '../../helpers/world.ts'

/** More than the sockets that can wait for authentication at once. */
const SOCKETS = 1_050

let world: World
beforeAll(async () => {
  world = await createWorld({ worker: false })
})
afterAll(() => world[Symbol.asyncDispose]())

async function open() {
  const socket = new WebSocket(`${world.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  socket.on('error', () => {})
  onTestFinished(() => socket.terminate())
  const closed = once(socket, 'close').then(([code]) => code as number)
  await once(socket, 'open')
  return { socket, closed }
}

/** Authenticates a WebSocket. Returns the response of the service. */
async function signIn({ socket }: { socket: WebSocket }, padding = ''): Promise<unknown> {
  const response = once(socket, 'message')
  const payload = { authorization: `Bearer ${world.apiKey}`, padding }
  socket.send(JSON.stringify({ type: 'connection_init', payload }))
  const [data] = await response
  return JSON.parse(String(data))
}

const ACKNOWLEDGED = { type: 'connection_ack' }

test('1,050 sockets without a key close the oldest of their own, and no customer gets 503', async () => {
  const customer = await open()
  expect(await signIn(customer)).toEqual(ACKNOWLEDGED)
  const strangers: Awaited<ReturnType<typeof open>>[] = []
  while (strangers.length < SOCKETS) {
    strangers.push(...(await Promise.all(Array.from({ length: 50 }, open))))
  }

  // On a busy machine the first ones reach their time limit of 10 s before.
  expect([1013, 4408]).toContain(await Promise.race(strangers.map(({ closed }) => closed)))
  expect(await signIn(await open())).toEqual(ACKNOWLEDGED)
  expect(customer.socket.readyState).toBe(WebSocket.OPEN)
  expect(strangers.at(-1)!.socket.readyState).toBe(WebSocket.OPEN)
})

test('a client reads connection_ack after a token of 8 kB, and sends 1 MB afterwards', async () => {
  const customer = await open()
  expect(await signIn(customer, 'x'.repeat(8_192))).toEqual(ACKNOWLEDGED)
  const pong = once(customer.socket, 'message')
  customer.socket.send(JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(900_000) } }))
  expect(JSON.parse(String((await pong)[0]))).toMatchObject({ type: 'pong' })
})

test('a message of 16,001 bytes before connection_ack is closed with 1009', async () => {
  const { socket, closed } = await open()
  socket.send('x'.repeat(16_001))
  expect(await closed).toBe(1009)
})

test('a message that arrives in more than 64 parts before connection_ack is closed with 1009', async () => {
  const { socket, closed } = await open()
  // `ws` keeps the TCP connection here; nothing public writes an unfinished frame.
  const { _socket: stream } = socket as unknown as { _socket: Socket }
  stream.setNoDelay(true)
  let ended = false
  const code = closed.finally(() => {
    ended = true
  })
  const announced = Buffer.from([0x81, 0xfe, 0x0f, 0xa0, 0, 0, 0, 0])
  stream.write(announced)
  // The service runs in this process: it reads each byte in a turn of its own.
  for (let sent = 0; sent < 4_000 && !ended; sent += 1) {
    stream.write('x')
    await setImmediate()
  }
  expect(await code).toBe(1009)
})
