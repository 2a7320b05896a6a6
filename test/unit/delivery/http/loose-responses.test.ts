import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ResponseHeadReader } from '../../../../src/delivery/http/response-head.ts'
import type { FailureCode } from '../../../../src/domain/failure.ts'
import { startRawReceiver } from '../../../helpers/raw-receiver.ts'
import { expectFailure, startClient } from '../../../helpers/webhook-client.ts'

const request = { headers: {}, body: '{}' }

/** Sends two requests one after the other. @returns the last outcome, and on how many connections */
async function sendTwice(bytes: string) {
  await using receiver = await startRawReceiver((socket) => {
    socket.write(bytes, 'latin1')
    // A body without a length ends with its connection.
    if (!/content-length|chunked| 204 /i.test(bytes)) socket.end()
  })
  await using client = startClient()
  await client.send({ ...request, url: receiver.url })
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  const { outcome } = await client.send({ ...request, url: receiver.url })
  return { outcome, connections: receiver.connections, requests: receiver.requests }
}

const LENGTH = 'Content-Length: 2\r\n'
const CHUNKS = '2\r\nok\r\n0\r\n\r\n'

/** The text after "HTTP/1.1 <status>". Each response has the body "ok". */
const loose: Record<string, string> = {
  'Content-Length with chunked': ` OK\r\n${LENGTH}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
  'chunked with Content-Length': ` OK\r\nTransfer-Encoding: chunked\r\n${LENGTH}\r\n${CHUNKS}`,
  'the same Content-Length twice': ` OK\r\n${LENGTH}${LENGTH}\r\nok`,
  'the same Content-Length in a list': ' OK\r\nContent-Length: 2, 2\r\n\r\nok',
  'bare LF': ' OK\nContent-Length: 2\n\nok',
  'bare LF after the status': ` OK\n${LENGTH}\r\nok`,
  'bare LF at the end of the head': ` OK\r\n${LENGTH}\nok`,
  'a blank before the first header name': ` OK\r\n X-A: b\r\n${LENGTH}\r\nok`,
  'a blank before a later header name': ` OK\r\n${LENGTH} X-A: b\r\n\r\nok`,
  'a blank after a header name': ' OK\r\nContent-Length : 2\r\n\r\nok',
  'a blank in a header name': ` OK\r\nX A: b\r\n${LENGTH}\r\nok`,
  'a folded header': ` OK\r\nX-A: b,\r\n\tc\r\n${LENGTH}\r\nok`,
  'a line without a colon': ` OK\r\nX-A\r\n${LENGTH}\r\nok`,
  'an empty header name': ` OK\r\n: b\r\n${LENGTH}\r\nok`,
  'a header name that is not ASCII': ` OK\r\nX-\xe9: b\r\n${LENGTH}\r\nok`,
  'a coding that is not chunked': ' OK\r\nTransfer-Encoding: gzip\r\nX: chunked\r\n\r\nok',
}

/** Forms that RFC 9112 allows, after which a connection is used again. */
const strict: Record<string, string> = {
  'two blanks before the reason': `HTTP/1.1 200  OK\r\n${LENGTH}\r\nok`,
  'the coding identity': `HTTP/1.1 200 OK\r\n${LENGTH}Transfer-Encoding: identity\r\n\r\nok`,
  'no reason': `HTTP/1.1 200 \r\n${LENGTH}\r\nok`,
  'no blank after the status': `HTTP/1.1 200\r\n${LENGTH}\r\nok`,
  'a reason that is not ASCII': `HTTP/1.1 200 \xe9\r\n${LENGTH}\r\nok`,
  'names in any case': 'HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh:2\r\n\r\nok',
  chunked: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
  '20 kB of headers': `HTTP/1.1 200 OK\r\nX-Big: ${'a'.repeat(20_000)}\r\n${LENGTH}\r\nok`,
  '2,000 headers': `HTTP/1.1 200 OK\r\n${'X-A: b\r\n'.repeat(2000)}${LENGTH}\r\nok`,
  'a control character in a value': `HTTP/1.1 200 OK\r\nX-A: a\x01b\r\n${LENGTH}\r\nok`,
  'an empty line before it': `\r\nHTTP/1.1 200 OK\r\n${LENGTH}\r\nok`,
  'an unasked 100 Continue': `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${LENGTH}\r\nok`,
  'many interim responses': `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(50)}HTTP/1.1 200 OK\r\n${LENGTH}\r\nok`,
  '103 Early Hints with headers': `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n${LENGTH}\r\nHTTP/1.1 200 OK\r\n${LENGTH}\r\nok`,
  'HTTP/1.0 that keeps the connection': `HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n${LENGTH}\r\nok`,
}

it('only a strict head passes unchanged', () => {
  const unchanged = (text: string) => {
    const bytes = Buffer.from(text, 'latin1')
    return new ResponseHeadReader().read(bytes, false) === bytes
  }
  const heads = Object.values(loose).map((rest) => `HTTP/1.1 200${rest}`)
  const others = ['connection: close', 'Proxy-Connection: close', 'Upgrade: h2c'].map(
    (line) => `HTTP/1.1 200 OK\r\n${LENGTH}${line}\r\n\r\nok`,
  )
  expect(
    [...heads, ...others, strict['a control character in a value']!].filter(unchanged),
  ).toEqual([])
  expect(unchanged(strict.chunked!)).toBe(true)
  expect(unchanged(strict['names in any case']!)).toBe(true)
})

describe.concurrent('a response with', () => {
  it.each(Object.entries(loose))('%s counts by its status', async (_form, rest) => {
    const succeeded = await sendTwice(`HTTP/1.1 200${rest}`)
    expect(succeeded.outcome).toEqual({
      status: 'SUCCEEDED',
      responseCode: 200,
      responseBody: 'ok',
    })
    // The end of the response is unknown, so the next request has its own connection.
    expect([succeeded.requests, succeeded.connections]).toEqual([2, 2])
    const failed = await sendTwice(`HTTP/1.1 503${rest}`)
    expect(failed.outcome).toMatchObject({ responseCode: 503, responseBody: 'ok' })
    expectFailure(failed.outcome, 'HTTP_STATUS')
  })

  it.each(Object.entries(strict))('%s leaves its connection open', async (_form, bytes) => {
    const { outcome, requests, connections } = await sendTwice(bytes)
    expect(outcome).toEqual({ status: 'SUCCEEDED', responseCode: 200, responseBody: 'ok' })
    expect([requests, connections]).toEqual([2, 1])
  })

  it.each([
    ['two blanks before its status', 'HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: x, close\r\nContent-Length: 2\r\n\r\nok'],
    ['no length', 'HTTP/1.1 200 OK\r\n\r\nok'],
    [
      'a length beyond all numbers',
      `HTTP/1.1 200 OK\r\nContent-Length: 9${'0'.repeat(40)}\r\n\r\nok`,
    ],
    ['a status of 204 and a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok'],
  ])('%s succeeds and closes its connection', async (_form, bytes) => {
    const { outcome, requests, connections } = await sendTwice(bytes)
    expect(outcome.status).toBe('SUCCEEDED')
    expect([requests, connections]).toEqual([2, 2])
  })
})

describe.concurrent('a response that cannot be read names what is wrong:', () => {
  it.each<[string, FailureCode, string]>([
    ['SSH-2.0-OpenSSH_9.6\r\n', 'BAD_RESPONSE', 'status line'],
    ['{"ok":true}', 'BAD_RESPONSE', 'status line'],
    ['HTTP/1.1 2000 OK\r\n\r\n', 'BAD_RESPONSE', 'status line'],
    ['HTTP/1.1 OK\r\n\r\n', 'BAD_RESPONSE', 'status line'],
    ['HTTP/1.1 099 OK\r\n\r\n', 'BAD_RESPONSE', 'status line'],
    ['HTTP/2 200\r\n\r\n', 'BAD_RESPONSE', 'HTTP/2'],
    ['\0\0\x12\x04\0\0\0\0\0', 'BAD_RESPONSE', 'HTTP/2'],
    ['\x15\x03\x03\0\x02\x02\x32', 'BAD_RESPONSE', 'TLS'],
    [`HTTP/1.1 200 OK\r\nx-big: ${'a'.repeat(70_000)}`, 'BAD_RESPONSE', '64 KiB'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 'BAD_RESPONSE', 'contra'],
    ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'BAD_RESPONSE', 'not a number'],
    [
      'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      'BAD_RESPONSE',
      'another protocol',
    ],
  ])('%j', async (bytes, code, said) => {
    await using receiver = await startRawReceiver((socket) => socket.write(bytes, 'latin1'))
    await using client = startClient()
    const { outcome } = await client.send({ ...request, url: receiver.url })
    const message = expectFailure(outcome, code)
    expect(message).toContain(said)
    expect(message).not.toContain('not HTTP/1.1')
    expect(receiver.requests).toBe(1)
  })

  it('a head that breaks off', async () => {
    await using receiver = await startRawReceiver((socket) => socket.end('HTTP/1.1 200 OK\r\ncont'))
    await using client = startClient()
    const { outcome } = await client.send({ ...request, url: receiver.url })
    expect(expectFailure(outcome, 'CONNECTION')).toContain('headers')
  })
})

it('a response means the same wherever its bytes are split', () => {
  const all = [
    ...Object.values(loose).map((rest) => `HTTP/1.1 200${rest}`),
    ...Object.values(strict),
  ]
  const read = (chunks: Buffer[]) => {
    const reader = new ResponseHeadReader()
    const parts: Buffer[] = []
    let headRead = false
    for (const chunk of chunks) {
      const part: Buffer | null = headRead ? chunk : reader.read(chunk, false)
      headRead ||= part !== null
      if (part) parts.push(part)
    }
    return Buffer.concat(parts).toString('latin1')
  }
  // A head that arrives in parts is always rewritten.
  const rewritten = (text: string) =>
    read(Array.from(text, (character) => Buffer.from(character, 'latin1')))
  fc.assert(
    fc.property(
      fc.constantFrom(...all.filter((text) => text.length < 1000)),
      fc.array(fc.nat(1000)),
      (text, cuts) => {
        const bytes = Buffer.from(text, 'latin1')
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b)]
        const chunks = places.map((from, index) => bytes.subarray(from, places[index + 1]))
        expect(rewritten(read(chunks))).toBe(rewritten(read([bytes])))
      },
    ),
    { numRuns: 500 },
  )
})
