import { randomBytes } from 'node:crypto'
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { startReceiver } from '../../../helpers/receiver.ts'
import { startClient } from '../../../helpers/webhook-client.ts'

type Headers = Record<string, string>

/** Returns the text that the history shows for a response with this body. */
async function shown(headers: Headers, body: Buffer): Promise<string | null> {
  await using receiver = await startReceiver({
    answers: [(_request, response) => response.writeHead(500, headers).end(body)],
  })
  await using client = startClient({ timeoutMs: 5_000 })
  const { outcome } = await client.send({ url: receiver.url, headers: {}, body: '{}' })
  return outcome.responseBody
}

const bytes = (hex: string) => Buffer.from(hex, 'hex')
const latin1 = (text: string) => Buffer.from(text, 'latin1')

const MUELLER = latin1('M\xfcller')
/** "エラー" */
const SHIFT_JIS = bytes('83478389815b')
const EUC_JP = bytes('a5a8a5e9a1bc')

describe('a body is decoded by its charset', () => {
  test.each([
    ['text/plain; charset=utf-8', Buffer.from('Müller 東京 🎉'), 'Müller 東京 🎉'],
    ['text/plain; charset=iso-8859-1', MUELLER, 'Müller'],
    ['text/plain; charset="ISO-8859-15"', latin1('5 \xa4'), '5 €'],
    [
      'application/json; charset=windows-1252',
      latin1('{"price":"5 \x80 \x93x\x94"}'),
      '{"price":"5 € “x”"}',
    ],
    ['text/html; charset=Shift_JIS', SHIFT_JIS, 'エラー'],
    ['text/html;charset=euc-jp', EUC_JP, 'エラー'],
    [
      'application/problem+json; charset=utf-16le',
      Buffer.from('{"a":"ü"}', 'utf16le'),
      '{"a":"ü"}',
    ],
    ['text/plain; charset=gb18030', bytes('b4edcef3'), '错误'],
    ['text/plain; charset=koi8-r', bytes('efdbc9c2cbc1'), 'Ошибка'],
  ])('%s', async (type, body, expected) => {
    expect(await shown({ 'content-type': type }, body)).toBe(expected)
  })

  test.each([
    ['has none and is UTF-8', 'text/plain', Buffer.from('Müller'), 'Müller'],
    ['has none and is not UTF-8, as windows-1252', 'text/plain', MUELLER, 'Müller'],
    [
      'has one that is not known and is UTF-8',
      'text/plain; charset=utf8mb4',
      Buffer.from('Müller'),
      'Müller',
    ],
    [
      'begins with a byte order mark of UTF-8',
      'text/plain; charset=iso-8859-1',
      Buffer.from('\ufeffMüller'),
      'Müller',
    ],
    [
      'begins with a byte order mark of UTF-16',
      'text/plain',
      Buffer.from('\ufeffMüller', 'utf16le'),
      'Müller',
    ],
    ['has a type that is none', 'nonsense', Buffer.from('Müller'), 'Müller'],
  ])('that %s', async (_what, type, body, expected) => {
    expect(await shown({ 'content-type': type }, body)).toBe(expected)
  })

  test('and is not cut within a character', async () => {
    const type = { 'content-type': 'text/plain; charset=shift_jis' }
    const long = Buffer.concat([Buffer.from('a'), ...Array(3_000).fill(SHIFT_JIS.subarray(0, 2))])
    expect(await shown(type, long)).toBe(`a${'エ'.repeat(2_047)}`)
    const text = { 'content-type': 'text/plain' }
    expect(await shown(text, Buffer.from(`a${'é'.repeat(3_000)}`))).toBe(`a${'é'.repeat(2_047)}`)
  })
})

describe('a compressed body is decompressed', () => {
  const text = 'Müller '.repeat(40)

  test.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['identity', Buffer.from(text)],
  ])('from %s', async (encoding, body) => {
    expect(await shown({ 'content-encoding': encoding }, body)).toBe(text)
  })

  test('and decoded by its charset', async () => {
    const headers = { 'content-type': 'text/html; charset=shift_jis', 'content-encoding': 'gzip' }
    expect(await shown(headers, gzipSync(SHIFT_JIS))).toBe('エラー')
  })

  const long = randomBytes(20_000).toString('hex')

  test.each([
    ['gzip', gzipSync(long)],
    ['deflate', deflateSync(long)],
    ['br', brotliCompressSync(long)],
  ])('as far as 4 KiB of %s were kept, which are the beginning of more', async (encoding, body) => {
    expect(body.length).toBeGreaterThan(8_192)
    const kept = await shown({ 'content-encoding': encoding }, body)
    expect(long.startsWith(kept ?? '-')).toBe(true)
    expect(kept).toHaveLength(4_096)
  })

  test.each([
    ['gzip', gzipSync(long).subarray(0, 1_500)],
    ['deflate', deflateSync(long).subarray(0, 1_500)],
    ['br', brotliCompressSync(long).subarray(0, 1_500)],
  ])('as far as it goes when %s breaks off', async (encoding, body) => {
    const kept = await shown({ 'content-encoding': encoding }, body)
    expect(long.startsWith(kept ?? '-')).toBe(true)
    expect(kept!.length).toBeGreaterThan(1_000)
  })

  test('up to 4 KiB of a body that would fill the memory', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, 'a'))
    const headers = { 'content-encoding': 'gzip' }
    expect(await shown(headers, bomb)).toBe('a'.repeat(4_096))
  })

  test.each(['gzip', 'deflate', 'br', 'zstd', 'compress', 'gzip, gzip'])(
    'and described when it is not %s, or that is not known',
    async (encoding) => {
      const headers = { 'content-encoding': encoding, 'content-type': 'text/html' }
      expect(await shown(headers, Buffer.from('\xff no such thing'))).toBe('16 bytes of text/html')
    },
  )
})

describe('what is not text is described by its size and type', () => {
  const png = Buffer.concat([bytes('89504e470d0a1a0a'), Buffer.alloc(62)])

  test.each([
    ['image/png', png, '70 bytes of image/png'],
    ['IMAGE/PNG; name="a"', png.subarray(0, 1), '1 byte of image/png'],
    ['image/png', Buffer.from('text'), '4 bytes of image/png'],
    ['application/pdf', Buffer.from('%PDF-1.7\n\x01\x02'), '11 bytes of application/pdf'],
    ['application/octet-stream', png, '70 bytes of application/octet-stream'],
  ])('%s', async (type, body, expected) => {
    expect(await shown({ 'content-type': type }, body)).toBe(expected)
  })

  test('without a type', async () => {
    expect(await shown({}, png)).toBe('70 bytes of an unknown type')
  })

  test('when more came than is kept: by its stated length, or else by what came at least', async () => {
    const large = randomBytes(60_000)
    const type = { 'content-type': 'video/mp4' }
    const stated = { ...type, 'content-length': String(large.length) }
    expect(await shown(stated, large)).toBe('60000 bytes of video/mp4')
    const chunked = { ...type, 'transfer-encoding': 'chunked' }
    expect(await shown(chunked, large)).toMatch(/^at least \d{4,5} bytes of video\/mp4$/)
  })

  test.each([
    ['image/svg+xml', '<svg/>'],
    ['application/octet-stream', 'an error\r\n\tin words'],
    ['application/vnd.acme', '\u001b[31mred'],
  ])('but %s may be text', async (type, text) => {
    expect(await shown({ 'content-type': type }, Buffer.from(text))).toBe(text)
  })
})
