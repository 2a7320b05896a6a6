import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { inTime } from '../../../faults/extent.ts'
import { type CertificateName, trustTestAuthority } from '../../../helpers/certificates.ts'
import { drip, startRawReceiver } from '../../../helpers/raw-receiver.ts'
import { startReceiver } from '../../../helpers/receiver.ts'
import { expectFailure, startClient } from '../../../helpers/webhook-client.ts'

beforeAll(trustTestAuthority)

const request = { headers: {}, body: '{}' }

/** The receiver never sends a whole head, so the time must run out. */
const withoutEnd: Record<string, (socket: Socket) => void> = {
  'never answers': () => {},
  'drips its headers': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx-slow: ')
    drip(socket, () => 'a')
  },
  'sends interim responses for ever': (socket) =>
    drip(socket, () => 'HTTP/1.1 102 Processing\r\n\r\n'),
}

describe.concurrent('a receiver that', () => {
  it.each(Object.keys(withoutEnd))('%s fails the attempt with TIMEOUT', async (kind) => {
    await using receiver = await startRawReceiver(withoutEnd[kind]!)
    await using client = startClient({ timeoutMs: 400 })
    const { outcome, durationMs } = await client.send({ ...request, url: receiver.url })
    expect(expectFailure(outcome, 'TIMEOUT')).toContain('did not respond')
    expect(outcome.responseCode).toBeNull()
    expect(durationMs).toBeGreaterThanOrEqual(399)
    await expect.poll(() => receiver.requests).toBe(1)
  })

  it('never answers fails the attempt after 5 seconds', async () => {
    await using receiver = await startRawReceiver(() => {})
    await using client = startClient()
    const { outcome, durationMs } = await client.send({ ...request, url: receiver.url })
    expect(expectFailure(outcome, 'TIMEOUT')).toContain('within 5 seconds')
    expect(durationMs).toBeGreaterThanOrEqual(4999)
    expect(durationMs).toBeLessThan(inTime(6_000))
  })

  it('accepts a connection without a TLS handshake fails the attempt with TIMEOUT', async () => {
    await using receiver = await startRawReceiver(() => {})
    await using client = startClient({ timeoutMs: 400 })
    const url = receiver.url.replace('http:', 'https:')
    const { outcome } = await client.send({ ...request, url })
    expect(expectFailure(outcome, 'TIMEOUT')).toContain('Could not connect')
  })

  it.each<[string, (socket: Socket) => void]>([
    ['resets', (socket) => socket.resetAndDestroy()],
    ['hangs up', (socket) => socket.end()],
    ['hangs up during its head', (socket) => socket.end('HTTP/1.1 200 OK\r\ncont')],
  ])('%s fails it with CONNECTION, after one request', async (_what, behave) => {
    await using receiver = await startRawReceiver(behave)
    await using client = startClient()
    const { outcome } = await client.send({ ...request, url: receiver.url })
    expectFailure(outcome, 'CONNECTION')
    expect(receiver.requests).toBe(1)
  })

  it('is not there fails it with CONNECTION', async () => {
    const receiver = await startRawReceiver(() => {})
    await receiver[Symbol.asyncDispose]()
    await using client = startClient()
    const { outcome } = await client.send({ ...request, url: receiver.url })
    expect(expectFailure(outcome, 'CONNECTION')).toContain('refused')
  })
})

describe.concurrent('a certificate that', () => {
  it.each<[CertificateName, string]>([
    ['expired', 'expired'],
    ['wrong-host', 'another host name'],
    ['self-signed', 'self-signed'],
  ])('is %s fails the attempt with TLS, before anything was sent', async (certificate, said) => {
    await using receiver = await startReceiver({ certificate })
    await using client = startClient()
    // Twice: what was refused once must not be trusted because its session is resumed.
    for (let n = 0; n < 2; n++) {
      const { outcome } = await client.send({ ...request, url: receiver.url })
      expect(expectFailure(outcome, 'TLS')).toContain(said)
    }
    expect(receiver.requests.length).toBe(0)
  })

  it('is missing, because the receiver uses plain HTTP, fails the attempt with TLS', async () => {
    await using receiver = await startReceiver()
    await using client = startClient()
    const url = receiver.url.replace('http:', 'https:')
    const { outcome } = await client.send({ ...request, url })
    expectFailure(outcome, 'TLS')
  })
})

describe.concurrent('after the head of a success', () => {
  it('100 MB of body are not read: the connection is cut', async () => {
    let written = 0
    const pour = (response: ServerResponse) => {
      const chunk = Buffer.alloc(64 * 1024, 'x')
      const more = () => {
        while (written < 100e6 && !response.destroyed) {
          written += chunk.length
          if (!response.write(chunk)) return void response.once('drain', more)
        }
      }
      more()
    }
    let closed: Promise<unknown> | undefined
    await using receiver = await startReceiver({
      answers: [
        (_request, response) => {
          closed = once(response, 'close')
          pour(response)
        },
      ],
    })
    await using client = startClient()
    const { outcome } = await client.send({ ...request, url: receiver.url })
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', responseBody: 'x'.repeat(4096) })
    await closed
    expect(written).toBeLessThan(20e6)
  })

  it.each<[string, string, (socket: Socket) => void]>([
    ['never ends', 'begun', () => {}],
    ['drips', 'begun', (socket) => drip(socket, () => '')],
    ['breaks off', 'begun', (socket) => socket.resetAndDestroy()],
    ['is shorter than announced', 'begun', (socket) => socket.end()],
  ])('a body that %s changes nothing', async (_what, responseBody, go) => {
    await using receiver = await startRawReceiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 90000\r\n\r\nbegun', () =>
        setTimeout(() => go(socket), 20),
      )
    })
    await using client = startClient()
    const { outcome } = await client.send({ ...request, url: receiver.url })
    expect(outcome).toEqual({ status: 'SUCCEEDED', responseCode: 200, responseBody })
  })

  it('a body that drips is read for a second, which is not part of the duration', async () => {
    await using receiver = await startRawReceiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      drip(socket, () => 'x')
    })
    await using client = startClient()
    const startedAt = performance.now()
    const { outcome, durationMs } = await client.send({ ...request, url: receiver.url })
    expect(outcome.status).toBe('SUCCEEDED')
    expect(performance.now() - startedAt - durationMs).toBeGreaterThan(990)
  })

  it('a gzip bomb is not decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(50e6))
    await using receiver = await startReceiver({
      answers: [
        (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
      ],
    })
    await using client = startClient()
    const { outcome } = await client.send({ ...request, url: receiver.url })
    expect(outcome.status).toBe('SUCCEEDED')
    expect(outcome.responseBody!.length).toBeLessThanOrEqual(4096)
  })
})
