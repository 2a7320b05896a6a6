import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Answer, answerOf, KEY, startTestServer } from './test-server.ts'

const JSON_TYPE = 'application/json'

const echo = (said: string) =>
  JSON.stringify({
    query: 'query ($text: String!) { echo(text: $text) }',
    variables: { text: said },
  })

interface Sent {
  type?: string
  encoding?: string
}

async function send(body: string | Buffer<ArrayBuffer>, { type = JSON_TYPE, encoding }: Sent = {}) {
  const { graphql } = await startTestServer()
  const response = await fetch(graphql, {
    method: 'POST',
    headers: {
      authorization: KEY,
      'content-type': type,
      ...(encoding !== undefined && { 'content-encoding': encoding }),
    },
    body,
  })
  return { status: response.status, headers: response.headers, ...(await answerOf(response)) }
}

const messageOf = ({ errors }: Answer) => errors?.[0]?.message

describe('a body in UTF-8', () => {
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json; charset=utf8',
    'Application/JSON ; charset=utf-8',
  ])('of the type "%s" is read as it is', async (type) => {
    expect((await send(echo('Müller 東京 🎉'), { type })).data).toEqual({ echo: 'Müller 東京 🎉' })
  })

  test('can begin with a byte order mark', async () => {
    expect((await send(`\ufeff${echo('\ufeffMüller')}`)).data).toEqual({ echo: '\ufeffMüller' })
  })
})

describe('a body in another encoding is refused', () => {
  const latin1 = Buffer.from(echo('Müller'), 'latin1')

  test.each([
    ['in Latin-1', latin1],
    ['in windows-1252', Buffer.from('{"price":"5 \x80"}', 'latin1')],
    ['in UTF-16 with a byte order mark', Buffer.from('\ufeff{}', 'utf16le')],
    ['cut within a character', Buffer.from('{"name":"Mü').subarray(0, -1)],
    ['with half of a surrogate pair', Buffer.from('{"name":"\xed\xa0\xbd"}', 'latin1')],
    ['with an overlong character', Buffer.from('{"name":"\xc0\xaf"}', 'latin1')],
  ])('with 400 when it is %s without a charset', async (_what, body) => {
    const answer = await send(body)
    expect(answer.status).toBe(400)
    expect(messageOf(answer)).toBe('The body is not valid UTF-8. Encode the JSON as UTF-8.')
  })

  test.each(['ISO-8859-1', 'windows-1252', 'UTF-16', 'utf-16le', 'Shift_JIS', 'us-ascii', 'x'])(
    'with 415 when it says charset=%s',
    async (charset) => {
      const answer = await send(latin1, { type: `application/json; charset=${charset}` })
      expect(answer.status).toBe(415)
      expect(messageOf(answer)).toContain('UTF-8')
      expect(answer.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    },
  )
})

describe('a compressed body', () => {
  test.each(['gzip', 'GZIP', 'x-gzip'])(
    'of the encoding "%s" is decompressed',
    async (encoding) => {
      const answer = await send(gzipSync(echo('Müller')), { encoding })
      expect(answer.data).toEqual({ echo: 'Müller' })
    },
  )

  test('of the encoding "identity" is read as it is', async () => {
    expect((await send(echo('Müller'), { encoding: 'identity' })).data).toEqual({ echo: 'Müller' })
  })

  test('is refused with 413 when it is larger than 1 MB once it is decompressed', async () => {
    const fits = await send(gzipSync(echo('x'.repeat(999_000))), { encoding: 'gzip' })
    expect(fits.status).toBe(200)
    const answer = await send(gzipSync(Buffer.alloc(100_000_000)), { encoding: 'gzip' })
    expect(answer.status).toBe(413)
    expect(messageOf(answer)).toContain('larger than 1000000 bytes')
  })

  test.each([
    ['is cut off', gzipSync(echo('Müller')).subarray(0, -9)],
    ['is no gzip', Buffer.from(echo('Müller'))],
    ['is empty', Buffer.alloc(0)],
  ])('is refused with 400 when it %s', async (_what, body) => {
    const answer = await send(body, { encoding: 'gzip' })
    expect(answer.status).toBe(400)
    expect(messageOf(answer)).toContain('gzip')
  })

  test('is refused with 400 when it is not UTF-8 once it is decompressed', async () => {
    const answer = await send(gzipSync(Buffer.from(echo('Müller'), 'latin1')), { encoding: 'gzip' })
    expect(answer.status).toBe(400)
    expect(messageOf(answer)).toContain('UTF-8')
  })

  test.each([
    ['br', brotliCompressSync(echo('Müller'))],
    ['deflate', deflateSync(echo('Müller'))],
    ['gzip, gzip', gzipSync(gzipSync(echo('Müller')))],
    ['nonsense', Buffer.from(echo('Müller'))],
  ])(
    'of the encoding "%s" is refused with 415, which names the encodings that are taken',
    async (encoding, body) => {
      const answer = await send(body, { encoding })
      expect(answer.status).toBe(415)
      expect(answer.headers.get('accept-encoding')).toBe('gzip, identity')
      expect(messageOf(answer)).toContain('gzip')
    },
  )
})

describe('a query string', () => {
  const ask = async (said: Buffer) => {
    const { graphql } = await startTestServer()
    const { hostname, pathname, port } = new URL(graphql)
    const socket = connect(Number(port), hostname)
    const target = `${pathname}?query=${encodeURIComponent('{ echo(text: "')}`
    const rest = `${encodeURIComponent('") }')} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: ${KEY}\r\n\r\n`
    socket.write(Buffer.concat([Buffer.from(`GET ${target}`), said, Buffer.from(rest)]))
    return text(socket)
  }

  test('in percent-encoded UTF-8 is read as it is', async () => {
    expect(await ask(Buffer.from('M%C3%BCller'))).toContain('{"data":{"echo":"Müller"}}')
  })

  test.each([
    ['in percent-encoded Latin-1', Buffer.from('M%FCller')],
    ['in Latin-1', Buffer.from('Müller', 'latin1')],
    ['in UTF-8 that is not percent-encoded', Buffer.from('Müller')],
  ])('%s is refused with 400', async (_what, said) => {
    expect(await ask(said)).toMatch(/^HTTP\/1.1 400 /)
  })
})

test.each([
  ['a text frame', false],
  ['a binary frame', true],
])('%s of a WebSocket that is not UTF-8 closes it with 1007', async (_what, binary) => {
  const { graphql } = await startTestServer()
  const socket = new WebSocket(graphql.replace('http', 'ws'), 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(Buffer.from('{"type":"ping","payload":{"name":"Müller"}}', 'latin1'), { binary })
  expect((await once(socket, 'close'))[0]).toBe(1007)
})
