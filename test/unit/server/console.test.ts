import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { answerOf, startTestServer } from './test-server.ts'

const SCRIPT = 'console.log("a page")'

/** A build of one page and one script. */
async function createBuild(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'console-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'assets'))
  const script = join(folder, 'assets', 'index-1.js')
  await Promise.all([
    writeFile(join(folder, 'index.html'), '<html><head></head><body>the page</body></html>'),
    writeFile(script, SCRIPT),
    writeFile(`${script}.br`, brotliCompressSync(SCRIPT)),
    writeFile(`${script}.gz`, gzipSync(SCRIPT)),
  ])
  return folder
}

const startConsole = async () => startTestServer({ console: { folder: await createBuild() } })

interface Received {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/** Sends a GET with any Host header. Returns the response as received. */
function get(
  url: string,
  headers: Record<string, string> = { accept: 'text/html' },
  method = 'GET',
): Promise<Received> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers }, async (response) => {
      const body = Buffer.concat(await response.toArray())
      resolve({ status: response.statusCode!, headers: response.headers, body })
    })
      .on('error', reject)
      .end()
  })
}

test.each([
  '/',
  '/?status=ACTIVE',
  '/destinations/whk_1',
  '/destinations/whk_1/deliveries?attempt=att_1',
  '/events',
  '/events/TODO_CREATED',
  '/api',
  '/audit-log?action=KEY_CREATED',
])('%s is a page of the console', async (path) => {
  const { url } = await startConsole()
  const { body, headers, status } = await get(url + path)
  expect(status).toBe(200)
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  expect(String(body)).toContain('the page')
})

test.each([
  '/destinations',
  '/destinations/whk_1/other',
  '/assets/none.js',
  '/assets/../index.html',
  '/Api',
])('%s gets 404', async (path) => {
  const { url } = await startConsole()
  const response = await get(url + path)
  expect(response.status).toBe(404)
  expect(String(response.body)).toContain('The API is at /graphql')
})

test('a page is served for GET and HEAD requests that accept HTML only', async () => {
  const { url } = await startConsole()
  expect((await get(`${url}/api`, { accept: 'application/json' })).status).toBe(404)
  expect((await get(url, {}, 'POST')).status).toBe(404)
  const head = await get(url, { accept: 'text/html' }, 'HEAD')
  expect(head.status).toBe(200)
  expect(head.headers['content-security-policy']).toContain("default-src 'none'")
  expect(head.body).toHaveLength(0)
})

test('the page runs no other scripts, cannot be framed or read, and is not cached', async () => {
  const { url } = await startConsole()
  const { headers } = await get(url)
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'; script-src 'self';")
  expect(policy).toContain(`connect-src 'self' ws://${new URL(url).host} wss://`)
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  expect(headers['access-control-allow-origin']).toBeUndefined()
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['referrer-policy']).toBe('no-referrer')
  expect(headers['cache-control']).toBe('no-store')
})

test('a style requires the nonce of its response', async () => {
  const { url } = await startConsole()
  const nonces = await Promise.all(
    [1, 2].map(async () => {
      const { body, headers } = await get(url)
      const [, nonce] = /style-src 'self' 'nonce-([^']+)'/.exec(
        String(headers['content-security-policy']),
      )!
      expect(String(body)).toContain(`<meta property="csp-nonce" nonce="${nonce}">`)
      return nonce
    }),
  )
  expect(nonces[0]).not.toBe(nonces[1])
})

test('an invalid Host header is not added to the policy', async () => {
  const { url } = await startConsole()
  const { headers } = await get(url, { accept: 'text/html', host: 'a;script-src' })
  expect(headers['content-security-policy']).toContain("connect-src 'self';")
})

test.each([
  ['br', 'br', brotliDecompressSync],
  ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
  ['gzip', 'gzip', gunzipSync],
  ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
  ['', undefined, (body: Buffer) => body],
] as const)(
  'accept-encoding "%s" gets a file as %s, cached as immutable',
  async (accepted, encoding, decode) => {
    const { url } = await startConsole()
    const { body, headers } = await get(`${url}/assets/index-1.js`, { 'accept-encoding': accepted })
    expect(headers['content-encoding']).toBe(encoding)
    expect(headers.vary).toBe('accept-encoding')
    expect(headers['cache-control']).toContain('immutable')
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(String(decode(body))).toBe(SCRIPT)
  },
)

test('without a build the API works, and the page shows the command to run', async () => {
  const folder = join(await createBuild(), 'none')
  const { graphql, url } = await startTestServer({ console: { folder } })
  const { body, status } = await get(url)
  expect(status).toBe(503)
  expect(String(body)).toContain('npm run build:console')
  expect((await answerOf(fetch(graphql, { method: 'POST' }))).errors).toHaveLength(1)
  await mkdir(join(folder, 'assets'), { recursive: true })
  await writeFile(join(folder, 'index.html'), '<head></head>built')
  expect(String((await get(url)).body)).toContain('built')
})
