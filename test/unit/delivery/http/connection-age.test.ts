import { once } from 'node:events'
import http from 'node:http'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createNameResolver, type NameAnswer } from '../../../../src/delivery/http/name-resolver.ts'
import { startNameServer } from '../../../helpers/name-server.ts'
import { listen, watchSockets } from '../../../helpers/open-sockets.ts'
import { startClient } from '../../../helpers/webhook-client.ts'

// Only the clock of the age of connections is fake.
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** Starts a receiver that notes at which of its addresses each request came in, and on which connection. */
async function startReceiver() {
  const requests: { address: string; clientPort: number; connection?: string | undefined }[] = []
  const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const { localAddress, remotePort } = request.socket
    const { connection } = request.headers
    requests.push({ address: localAddress!, clientPort: remotePort!, connection })
    request.resume().on('end', () => {
      server.emit('received')
      response.end('ok')
    })
  })
  const sockets = watchSockets(server)
  const port = await listen(server, '0.0.0.0')
  return {
    url: `http://hooks.example.com:${port}/`,
    requests,
    connections: () => new Set(requests.map(({ clientPort }) => clientPort)).size,
    received: () => once(server, 'received'),
    [Symbol.asyncDispose]: sockets.close,
  }
}

/** Makes a client that sends one request after the other, each of which must succeed. */
async function senderTo(url: string, resolve: () => Promise<NameAnswer>) {
  const client = startClient({ resolve })
  return {
    async send() {
      const { outcome } = await client.send({ url, headers: {}, body: '{}' })
      expect(outcome.status).toBe('SUCCEEDED')
      // A connection rests for one turn of the event loop before it is used again.
      await new Promise(setImmediate)
      await new Promise(setImmediate)
    },
    [Symbol.asyncDispose]: client[Symbol.asyncDispose],
  }
}

test('a connection under traffic is used for 60 seconds, and no request is lost at its end', async () => {
  await using receiver = await startReceiver()
  await using sender = await senderTo(receiver.url, async () => ({ addresses: ['127.0.0.1'] }))
  for (let second = 0; second < 60; second += 10) {
    await sender.send()
    vi.advanceTimersByTime(9_999)
  }
  expect(receiver.connections()).toBe(1)
  vi.advanceTimersByTime(6)
  await sender.send()
  expect(receiver.connections()).toBe(2)
  expect(receiver.requests).toHaveLength(7)
})

test('a connection whose age ends during a request is closed after it', async () => {
  await using receiver = await startReceiver()
  await using sender = await senderTo(receiver.url, async () => ({ addresses: ['127.0.0.1'] }))
  await sender.send()
  const sending = sender.send()
  await receiver.received()
  vi.advanceTimersByTime(60_000)
  await sending
  await sender.send()
  expect(receiver.connections()).toBe(2)
  // Found to be too old only then, it would have been replaced by one that is used once.
  expect(receiver.requests.at(-1)!.connection).toBe('keep-alive')
})

const isLinux = process.platform === 'linux'
if (!isLinux) console.log('Skipped: a name that moves needs the second loopback address of Linux.')

test.runIf(isLinux).each([
  [5, 5],
  [0, 1],
  [3600, 60],
])('a changed name with a TTL of %i s is used after %i s', async (ttl, seconds) => {
  await using receiver = await startReceiver()
  let address = '127.0.0.1'
  await using names = await startNameServer(() => [address], ttl)
  const lookUp = createNameResolver([names.address])
  await using sender = await senderTo(receiver.url, () => lookUp('hooks.example.com'))
  await sender.send()
  address = '127.0.0.2'
  vi.advanceTimersByTime(seconds * 1000 - 1)
  await sender.send()
  vi.advanceTimersByTime(2)
  await sender.send()
  expect(receiver.requests.map((request) => request.address)).toEqual([
    '127.0.0.1',
    '127.0.0.1',
    '127.0.0.2',
  ])
})

test('every new connection queries the name servers', async () => {
  await using receiver = await startReceiver()
  await using names = await startNameServer(['127.0.0.1'], 3600)
  const lookUp = createNameResolver([names.address])
  await using sender = await senderTo(receiver.url, () => lookUp('hooks.example.com'))
  for (let connection = 0; connection < 3; connection += 1) {
    await sender.send()
    vi.advanceTimersByTime(60_001)
  }
  expect(names.questions.filter((type) => type === 'A')).toHaveLength(3)
})
