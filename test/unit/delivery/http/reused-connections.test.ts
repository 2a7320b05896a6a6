import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { inTime } from '../../../faults/extent.ts'
import { type RawReceiver, startRawReceiver } from '../../../helpers/raw-receiver.ts'
import { expectFailure, startClient } from '../../../helpers/webhook-client.ts'

const request = { headers: {}, body: '{}' }
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

/** Answers the first request of each connection with 200, and further requests with a given function. */
function answerOnce(next: (socket: Socket) => void): Promise<RawReceiver> {
  const served = new WeakSet<Socket>()
  return startRawReceiver((socket) => {
    if (served.has(socket)) next(socket)
    else served.add(socket) && socket.write(OK)
  })
}

/** Sends twice, the second time on the first one's connection. */
async function sendTwice(receiver: RawReceiver, timeoutMs = 5000) {
  await using client = startClient({ timeoutMs })
  const first = await client.send({ ...request, url: receiver.url })
  expect(first.outcome.status).toBe('SUCCEEDED')
  // A connection rests for one turn of the event loop before it is used again.
  await setImmediate()
  await setImmediate()
  return client.send({ ...request, url: receiver.url })
}

/** Actions of a receiver on a connection that was used before. */
const bad: Record<string, (socket: Socket) => void> = {
  closes: (socket) => socket.end(),
  resets: (socket) => socket.resetAndDestroy(),
  'closes during the head': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-'),
  'closes after an interim response': (socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'),
  'sends bytes beyond the last response': (socket) => socket.write(`beyond${OK}`),
  'sends garbage': (socket) => socket.write('\0\0\0'),
  'sends a TLS alert': (socket) => socket.write('\x15\x03\x03\0\x02\x01\0', 'latin1'),
  'sends a 408, since it took the connection for idle': (socket) =>
    socket.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n'),
  'sends a 408 and keeps it open': (socket) =>
    socket.write('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n'),
  'sends a 400, since it had not read the last request': (socket) =>
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'),
  'sends contradicting lengths': (socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'),
}

describe.concurrent('a connection that is used again and', () => {
  it.each(Object.entries(bad))('%s costs no attempt', async (_what, next) => {
    await using receiver = await answerOnce(next)
    const { outcome } = await sendTwice(receiver)
    expect(outcome).toEqual({ status: 'SUCCEEDED', responseCode: 200, responseBody: 'ok' })
    expect([receiver.requests, receiver.connections]).toEqual([3, 2])
  })

  it.each(Object.entries(bad))('%s, as a new one does, fails the attempt', async (_what, next) => {
    let answers = 1
    await using receiver = await startRawReceiver((socket) => {
      if (answers-- > 0) socket.write(OK)
      else next(socket)
    })
    const { outcome } = await sendTwice(receiver)
    expect(outcome.status).toBe('FAILED')
    expect([receiver.requests, receiver.connections]).toEqual([3, 2])
  })

  it.each([400, 404, 500])(
    'responds with %i fails the attempt after one request',
    async (status) => {
      await using receiver = await answerOnce((socket) =>
        socket.write(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`),
      )
      const { outcome } = await sendTwice(receiver)
      expect(outcome).toMatchObject({ status: 'FAILED', responseCode: status })
      expect([receiver.requests, receiver.connections]).toEqual([2, 1])
    },
  )

  it('fails late leaves the rest of the time to the second try', async () => {
    let requests = 0
    await using receiver = await startRawReceiver((socket) => {
      requests += 1
      if (requests === 1) socket.write(OK)
      if (requests === 2) setTimeout(() => socket.end(), 600)
    })
    const { outcome, durationMs } = await sendTwice(receiver, 1000)
    expectFailure(outcome, 'TIMEOUT')
    expect(receiver.requests).toBe(3)
    expect(durationMs).toBeGreaterThanOrEqual(999)
    // With a time of its own it would take 1,600.
    expect(durationMs).toBeLessThan(inTime(1_600))
  })
})

/** Events on a connection shortly after a complete response. */
const afterwards: Record<string, (socket: Socket) => void> = {
  'more bytes': (socket) => socket.write('more'),
  'a line break': (socket) => socket.write('\r\n'),
  'a 408': (socket) => socket.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n'),
  'another 200': (socket) => socket.end(OK),
  'its end': (socket) => socket.end(),
  'a reset': (socket) => socket.resetAndDestroy(),
}

describe.concurrent('deliveries all arrive when each response is followed by', () => {
  it.each(Object.entries(afterwards))('%s', async (_what, follow) => {
    let number = 0
    await using receiver = await startRawReceiver((socket) => {
      socket.write(OK)
      // Nine delays from 0 to 8 ms, in turns.
      setTimeout(() => socket.destroyed || follow(socket), number++ % 9)
    })
    await using client = startClient()
    const outcomes: string[] = []
    const sendSome = async () => {
      for (let n = 0; n < 20; n++) {
        const { outcome } = await client.send({ ...request, url: receiver.url })
        outcomes.push(outcome.status === 'FAILED' ? outcome.failure.message : outcome.status)
      }
    }
    await Promise.all(Array.from({ length: 8 }, sendSome))
    expect(new Set(outcomes)).toEqual(new Set(['SUCCEEDED']))
    expect(outcomes).toHaveLength(160)
  })

  it('more bytes in the same packet', async () => {
    await using receiver = await startRawReceiver((socket) => socket.write(`${OK}more`))
    const { outcome } = await sendTwice(receiver)
    expect(outcome.status).toBe('SUCCEEDED')
    expect([receiver.requests, receiver.connections]).toEqual([2, 2])
  })
})

it('a connection whose response came before the request was read is not used again', async () => {
  await using receiver = await startRawReceiver((socket) => {
    socket.pause()
    socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno')
  })
  await using client = startClient()
  const body = JSON.stringify({ transcript: 'a'.repeat(20e6) })
  for (let n = 0; n < 2; n++) {
    const { outcome } = await client.send({ ...request, body, url: receiver.url })
    expect(outcome).toMatchObject({ responseCode: 413, responseBody: 'no' })
    await setImmediate()
    await setImmediate()
  }
  expect([receiver.requests, receiver.connections]).toEqual([2, 2])
})
