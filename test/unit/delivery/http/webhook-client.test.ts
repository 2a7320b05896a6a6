import { describe, expect, it, vi } from 'vitest'
import { startReceiver } from '../../../helpers/receiver.ts'
import {
  expectFailure,
  resolvingTo,
  startClient,
  USER_AGENT,
} from '../../../helpers/webhook-client.ts'

const headers = { 'content-type': 'application/json', 'webhook-id': 'evt_1' }
const body = '{"event":"todo_created","data":{"title":"Grüße 🎉\\u2028"}}'

describe('a request', () => {
  it('arrives unchanged, with the User-Agent of the service and no headers of a browser', async () => {
    await using receiver = await startReceiver()
    await using client = startClient()
    await client.send({ url: `${receiver.url}?tenant=1&x=%20y`, headers, body })

    const request = await receiver.request()
    expect(request).toMatchObject({ method: 'POST', path: '/hook?tenant=1&x=%20y', body })
    expect(request.headers).toEqual({
      ...headers,
      host: `127.0.0.1:${receiver.port}`,
      connection: 'keep-alive',
      'user-agent': USER_AGENT,
      'accept-encoding': 'identity',
      'content-length': String(Buffer.byteLength(body)),
    })
  })

  it.each(['/', '/hook?', '/a%2Fb//c?x=%20y&z'])('keeps the path %s as it is', async (path) => {
    await using receiver = await startReceiver()
    await using client = startClient()
    await client.send({ url: `http://127.0.0.1:${receiver.port}${path}`, headers, body })
    expect((await receiver.request()).path).toBe(path)
  })

  it('reports its duration', async () => {
    await using receiver = await startReceiver({
      answers: [(_request, response) => setTimeout(() => response.end(), 50)],
    })
    await using client = startClient()
    const sent = await client.send({ url: receiver.url, headers, body })
    expect(sent.durationMs).toBeGreaterThanOrEqual(49)
    expect(Number.isInteger(sent.durationMs)).toBe(true)
  })

  it('uses no proxy of the environment', async () => {
    await using receiver = await startReceiver()
    await using proxy = await startReceiver()
    vi.stubEnv('HTTP_PROXY', proxy.url).stubEnv('ALL_PROXY', proxy.url)
    await using client = startClient()
    await client.send({ url: receiver.url, headers, body })
    expect([receiver.requests.length, proxy.requests.length]).toEqual([1, 0])
    vi.unstubAllEnvs()
  })
})

describe.concurrent('an answer', () => {
  it.each([200, 204, 299])('%i is a success', async (status) => {
    await using receiver = await startReceiver({ answers: [status] })
    await using client = startClient()
    const { outcome } = await client.send({ url: receiver.url, headers, body })
    expect(outcome).toEqual({ status: 'SUCCEEDED', responseCode: status, responseBody: null })
  })

  it.each([300, 301, 302, 304, 307, 308])('%i is a redirect, and not followed', async (status) => {
    await using elsewhere = await startReceiver()
    await using receiver = await startReceiver({
      answers: [{ status, headers: { location: elsewhere.url } }],
    })
    await using client = startClient()
    const { outcome } = await client.send({ url: receiver.url, headers, body })
    expect(expectFailure(outcome, 'REDIRECT')).toContain(String(status))
    expect(outcome.responseCode).toBe(status)
    expect([receiver.requests.length, elsewhere.requests.length]).toEqual([1, 0])
  })

  it('that redirects to a metadata service is not followed', async () => {
    const location = 'http://169.254.169.254/latest/meta-data/'
    await using receiver = await startReceiver({
      answers: [{ status: 302, headers: { location } }],
    })
    await using client = startClient()
    const { outcome } = await client.send({ url: receiver.url, headers, body })
    expectFailure(outcome, 'REDIRECT')
  })

  // 401, 407, 421 and 425 are those that a browser's fetch treats in ways of its own.
  it.each([400, 401, 407, 410, 421, 425, 429, 500, 503, 599, 999])(
    '%i is a failure, after one request',
    async (status) => {
      const answer = { status, headers: { 'retry-after': '0' }, body: 'no' }
      await using receiver = await startReceiver({ answers: [answer] })
      await using client = startClient()
      const { outcome } = await client.send({ url: receiver.url, headers, body })
      expect(expectFailure(outcome, 'HTTP_STATUS')).toContain(`${status}`)
      expect(outcome).toMatchObject({ responseCode: status, responseBody: 'no' })
      expect(receiver.requests.length).toBe(1)
    },
  )

  it.each([
    ['is kept whole', 'thanks 🎉', 'thanks 🎉'],
    ['is kept up to 4 KiB', 'a'.repeat(5000), 'a'.repeat(4096)],
    ['is not cut within a character', `${'a'.repeat(4095)}é…`, 'a'.repeat(4095)],
    ['loses its NUL characters', 'a\0b', 'ab'],
    ['may be empty', '', null],
  ])('has a body that %s', async (_what, body, expected) => {
    await using receiver = await startReceiver({ answers: [{ status: 200, body }] })
    await using client = startClient()
    const { outcome } = await client.send({ url: receiver.url, headers, body: '{}' })
    expect(outcome).toEqual({ status: 'SUCCEEDED', responseCode: 200, responseBody: expected })
  })
})

describe.concurrent('connections', () => {
  it('are reused for any number of requests without a warning', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    await using receiver = await startReceiver({ answers: [{ status: 200, body: 'ok' }] })
    await using client = startClient({ timeoutMs: 5000 })
    const sendSome = async () => {
      for (let n = 0; n < 50; n++) await client.send({ url: receiver.url, headers, body })
    }
    await Promise.all(Array.from({ length: 16 }, sendSome))
    process.off('warning', note)
    expect(receiver.requests.length).toBe(800)
    // Twice the senders: a connection rests for one turn of the event loop before it is used again.
    expect(receiver.connections).toBeLessThanOrEqual(32)
    expect(warnings).toEqual([])
  })

  it('are opened to more origins than are kept', async () => {
    await using receiver = await startReceiver()
    await using client = startClient({ maxKeptOrigins: 2, resolve: resolvingTo('127.0.0.1') })
    for (const name of ['a', 'b', 'c', 'd', 'a']) {
      const url = `http://${name}.example.com:${receiver.port}/`
      const { outcome } = await client.send({ url, headers, body })
      expect(outcome.status).toBe('SUCCEEDED')
    }
    const kept = receiver.requests.map((request) => request.headers.connection)
    expect(kept).toEqual(['keep-alive', 'keep-alive', 'close', 'close', 'keep-alive'])
  })

  it('are closed after the requests in flight have ended', async () => {
    await using receiver = await startReceiver({
      answers: [(_request, response) => setTimeout(() => response.end(), 100)],
    })
    const client = startClient()
    const sending = client.send({ url: receiver.url, headers, body })
    await receiver.request()
    await client.close()
    expect((await sending).outcome.status).toBe('SUCCEEDED')
    await expect(client.send({ url: receiver.url, headers, body })).rejects.toThrow('closed')
  })
})
