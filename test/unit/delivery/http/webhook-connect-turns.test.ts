import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { describe, expect, test } from 'vitest'
import { limitConnects } from '../../../../src/delivery/http/connect-limit.ts'
import type { NameAnswer } from '../../../../src/delivery/http/name-resolver.ts'
import { watchSockets } from '../../../helpers/open-sockets.ts'
import { startReceiver } from '../../../helpers/receiver.ts'
import { startClient } from '../../../helpers/webhook-client.ts'

const at = (hostname: string, port = '443', protocol = 'https:'): buildConnector.Options => ({
  hostname,
  host: hostname,
  port,
  protocol,
})

/** Returns a limited connector whose connections open when the test calls `end`. */
function startConnector() {
  const opening: { target: buildConnector.Options; end: (error?: Error) => void }[] = []
  const connected: (Error | null)[] = []
  const connect = limitConnects((target, callback) => {
    const end = (error?: Error) =>
      error ? callback(error, null, null) : callback(null, {} as Socket, 60_000)
    opening.push({ target, end })
  })
  return {
    opening,
    connected,
    open(target: buildConnector.Options, count = 1, isWanted = () => true) {
      for (let index = 0; index < count; index += 1) {
        connect(target, (...[error]) => void connected.push(error), isWanted)
      }
    },
  }
}

describe('connections to one origin', () => {
  test('are limited to 64 that open at a time; the next one starts when one has opened', () => {
    const { opening, connected, open } = startConnector()
    open(at('a.example'), 200)
    expect(opening).toHaveLength(64)
    for (let ended = 0; ended < 136; ended += 1) {
      opening[ended]!.end()
      expect(opening).toHaveLength(65 + ended)
    }
    for (const { end } of opening.slice(136)) end()
    expect(opening).toHaveLength(200)
    expect(connected).toEqual(Array(200).fill(null))
  })

  test('that fail free their slot and report the error', () => {
    const { opening, connected, open } = startConnector()
    open(at('a.example'), 66)
    const refused = new Error('refused')
    opening[0]!.end(refused)
    opening[1]!.end(refused)
    expect(opening).toHaveLength(66)
    expect(connected).toEqual([refused, refused])
  })

  test('start in the order of their requests', () => {
    const { opening, open } = startConnector()
    open(at('a.example'), 64)
    for (const path of ['1', '2', '3']) open({ ...at('a.example'), servername: path })
    for (let ended = 0; ended < 3; ended += 1) opening[ended]!.end()
    expect(opening.slice(64).map(({ target }) => target.servername)).toEqual(['1', '2', '3'])
  })

  test('do not delay those to another host, port or protocol', () => {
    const { opening, open } = startConnector()
    open(at('a.example'), 100)
    const others = [at('b.example'), at('a.example', '8443'), at('a.example', '443', 'http:')]
    for (const other of others) open(other)
    expect(opening.slice(64).map(({ target }) => target)).toEqual(others)
  })

  test('are not opened if their request no longer waits, even 20,000 of them', () => {
    const { opening, connected, open } = startConnector()
    open(at('a.example'), 64)
    let isWanted = true
    open(at('a.example'), 20_000, () => isWanted)
    open({ ...at('a.example'), servername: 'wanted' })
    isWanted = false
    opening[0]!.end()
    expect(connected).toHaveLength(20_001)
    expect(opening.slice(64).map(({ target }) => target.servername)).toEqual(['wanted'])
  })

  test('are counted from 0 again when all have opened', () => {
    const { opening, open } = startConnector()
    for (const round of [1, 2, 3]) {
      open(at('a.example'), 65)
      for (const { end } of opening.splice(0)) end()
      for (const { end } of opening.splice(0)) end()
      expect(opening, String(round)).toHaveLength(0)
    }
    open(at('a.example'), 65)
    expect(opening).toHaveLength(64)
  })
})

test('the webhook client opens at most 64 connections to one origin at a time', async () => {
  await using receiver = await startReceiver()
  const looking: PromiseWithResolvers<NameAnswer>[] = []
  let mostAtOnce = 0
  await using client = startClient({
    timeoutMs: 5_000,
    resolve() {
      mostAtOnce = Math.max(mostAtOnce, looking.push(Promise.withResolvers<NameAnswer>()))
      // Resolves after all concurrent lookups have begun.
      setImmediate(() => looking.shift()?.resolve({ addresses: ['127.0.0.1'] }))
      return looking.at(-1)!.promise
    },
  })
  const request = { url: `http://many.example:${receiver.port}/hook`, headers: {}, body: '{}' }
  const sent = await Promise.all(Array.from({ length: 200 }, () => client.send(request)))
  expect(sent.filter(({ outcome }) => outcome.status === 'FAILED')).toEqual([])
  expect(mostAtOnce).toBe(64)
})

test('attempts that timed out in the queue do not delay the first attempt after an outage', async () => {
  await using receiver = await startReceiver()
  const outage = Promise.withResolvers<void>()
  let lookups = 0
  await using client = startClient({
    timeoutMs: 250,
    async resolve() {
      lookups += 1
      await outage.promise
      return { addresses: ['127.0.0.1'] }
    },
  })
  const request = { url: `http://many.example:${receiver.port}/hook`, headers: {}, body: '{}' }
  const late = await Promise.all(Array.from({ length: 300 }, () => client.send(request)))
  expect(new Set(late.map(({ outcome }) => outcome.status))).toEqual(new Set(['FAILED']))
  outage.resolve()
  await expect.poll(() => client.send(request)).toMatchObject({ outcome: { status: 'SUCCEEDED' } })
  expect(lookups).toBeLessThan(100)
})

test('500 attempts at once to a receiver that lets 128 connections queue all succeed', async () => {
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => response.end())
  })
  const sockets = watchSockets(server)
  server.listen({ port: 0, host: '127.0.0.1', backlog: 128 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await using client = startClient({ timeoutMs: 5_000 })
  const request = { url: `http://127.0.0.1:${port}/hook`, headers: {}, body: '{}' }
  const sent = await Promise.all(Array.from({ length: 500 }, () => client.send(request)))
  expect(sent.filter(({ outcome }) => outcome.status === 'FAILED')).toEqual([])
  await sockets.close()
})
