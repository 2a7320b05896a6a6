import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openConnection, operationRequest, readUntil } from './raw-request.ts'
import { startTestServer } from './test-server.ts'

const TEXT = 'hello '.repeat(5_000)
const LONG = `{ echo(text: "${TEXT}") }`

/** Sends an operation by a raw socket, since fetch decompresses by itself. */
async function ask(url: string, query: string, headers: Record<string, string>) {
  const socket = await openConnection(url)
  socket.write(operationRequest(query, { ...headers, Connection: 'close' }))
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.subarray(0, end).toString()
  return { head, body: bytes.subarray(end + 4) }
}

test.each([
  ['gzip', 'gzip', gunzipSync],
  ['gzip, deflate, br;q=0.5', 'gzip', gunzipSync],
  ['br;q=1.0, gzip;q=0.8', 'br', brotliDecompressSync],
  ['*', 'br', brotliDecompressSync],
])(
  'a long response to a client that accepts "%s" is compressed with %s',
  async (accepted, encoding, decompress) => {
    const { url } = await startTestServer()
    const { body, head } = await ask(url, LONG, { 'Accept-Encoding': accepted })
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(head).toMatch(new RegExp(`^content-encoding: ${encoding}\\r?$`, 'im'))
    expect(head).toMatch(/^content-type: application\/json; charset=utf-8\r?$/im)
    expect(head).toMatch(/^vary: .*accept-encoding/im)
    expect(head).toContain(`content-length: ${body.length}`)
    expect(body.length).toBeLessThan(1_000)
    expect(JSON.parse(String(decompress(body)))).toEqual({ data: { echo: TEXT } })
  },
)

test.each([
  ['without Accept-Encoding', LONG, {}],
  ['with "identity"', LONG, { 'Accept-Encoding': 'identity' }],
  ['with "gzip;q=0"', LONG, { 'Accept-Encoding': 'gzip;q=0' }],
  ['that is short', '{ viewer }', { 'Accept-Encoding': 'gzip' }],
  [
    'to a mutation, which may contain a secret',
    `mutation { say(text: "${TEXT}") }`,
    { 'Accept-Encoding': 'gzip' },
  ],
])('a response %s is not compressed', async (_, query, headers) => {
  const { url } = await startTestServer()
  const { head } = await ask(url, query, headers as Record<string, string>)
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(head).not.toMatch(/^content-encoding/im)
})

test('a compressed response keeps its status and headers', async () => {
  const { url } = await startTestServer()
  const unknown = 'x'.repeat(100)
  const query = `{ ${Array.from({ length: 200 }, (_, n) => `${unknown}${n}`).join(' ')} }`
  const accept = 'application/graphql-response+json'
  const { body, head } = await ask(url, query, { Accept: accept, 'Accept-Encoding': 'gzip' })
  expect(head).toMatch(/^HTTP\/1\.1 400 /)
  expect(head).toMatch(/^x-request-id: /im)
  expect(JSON.parse(String(gunzipSync(body))).errors[0].extensions.code).toBe(
    'GRAPHQL_VALIDATION_FAILED',
  )
})

test('a stream is never compressed', async () => {
  const { url } = await startTestServer()
  const socket = await openConnection(url)
  const headers = { Accept: 'text/event-stream', 'Accept-Encoding': 'gzip, br' }
  socket.write(operationRequest('subscription { flood }', headers))
  const text = await readUntil(socket, (read) => read.includes('data: {'))
  expect(text).not.toMatch(/^content-encoding/im)
})
