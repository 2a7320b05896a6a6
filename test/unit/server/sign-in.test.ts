import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { printLinks } from '../../../src/process/links.ts'
import { createSignIn } from '../../../src/server/pages/sign-in.ts'
import { startTestServer } from './test-server.ts'

const LOCAL_KEY = 'bmk_local'

async function start() {
  const signIn = createSignIn(() => LOCAL_KEY)
  const { url } = await startTestServer({ signIn })
  return { url, signIn }
}

interface Received {
  status: number
  body: string
}

/** Sends a request with any Host header. */
function send(url: string, code: unknown, headers: Record<string, string> = {}): Promise<Received> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }
    request(`${url}/sign-in`, options, async (response) => {
      resolve({ status: response.statusCode!, body: await text(response) })
    })
      .on('error', reject)
      .end(JSON.stringify({ code }))
  })
}

test.each(['localhost:4000', '127.0.0.1', '[::1]:4000', 'LOCALHOST'])(
  'a code is exchanged for the local key once, at %s',
  async (host) => {
    const { signIn, url } = await start()
    const code = signIn.issueCode()
    expect(code).toMatch(/^[\w-]{43}$/)
    const [one, other] = await Promise.all([send(url, code, { host }), send(url, code, { host })])
    expect([one.status, other.status].toSorted()).toEqual([200, 403])
    expect(JSON.parse(one.status === 200 ? one.body : other.body)).toEqual({ key: LOCAL_KEY })
  },
)

test.each(
  [
    'forwarded',
    'via',
    'x-forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-server',
    'x-real-ip',
    'x-client-ip',
    'x-cluster-client-ip',
    'x-original-forwarded-for',
    'x-envoy-external-address',
    'x-amzn-trace-id',
    'x-azure-clientip',
    'true-client-ip',
    'cf-connecting-ip',
    'fly-client-ip',
  ].map((name): [Record<string, string>] => [{ [name]: '203.0.113.9' }]),
)('a request with %j gets no key, and the code stays valid', async (headers) => {
  const { signIn, url } = await start()
  const code = signIn.issueCode()
  const { body, status } = await send(url, code, headers)
  expect(status).toBe(403)
  expect(body).not.toContain(LOCAL_KEY)
  expect((await send(url, code)).status).toBe(200)
})

test.each([
  'webhooks.example.com',
  'localhost.example.com',
  '127.0.0.1.nip.io:4000',
  '10.0.0.1:4000',
])('a request for %s gets no key', async (host) => {
  const { signIn, url } = await start()
  const { body, status } = await send(url, signIn.issueCode(), { host })
  expect(status).toBe(403)
  expect(body).not.toContain(LOCAL_KEY)
})

test.each([undefined, null, '', 'x', 43, ['x'], {}])('the code %j gets no key', async (code) => {
  const { signIn, url } = await start()
  signIn.issueCode()
  expect((await send(url, code)).status).toBeGreaterThanOrEqual(400)
})

test('only a POST of JSON is accepted, and pages of other sites cannot read the answer', async () => {
  const { signIn, url } = await start()
  expect((await fetch(`${url}/sign-in`)).status).toBe(405)
  const body = JSON.stringify({ code: signIn.issueCode() })
  const form = { method: 'POST', body, headers: { 'content-type': 'text/plain' } }
  expect((await fetch(`${url}/sign-in`, form)).status).toBe(415)
  const json = { ...form, headers: { 'content-type': 'application/json' } }
  const { headers, status } = await fetch(`${url}/sign-in`, json)
  expect(status).toBe(200)
  expect(headers.get('access-control-allow-origin')).toBeNull()
  expect(headers.get('cache-control')).toBe('no-store')
})

test('no page contains the local key, for a browser on this machine either', async () => {
  const { url } = await start()
  for (const path of ['/', '/graphql']) {
    const page = await fetch(url + path, { headers: { accept: 'text/html' } })
    expect(await page.text()).not.toContain(LOCAL_KEY)
  }
})

test('without a local key there is no exchange', async () => {
  const { url } = await startTestServer()
  expect((await send(url, 'x')).status).toBe(404)
})

test('a printed link is printed again with another code when it was used', async () => {
  const { signIn, url } = await start()
  const lines: string[] = []
  printLinks({ root: 'http://127.0.0.1:4000/hooks', signIn }, (line) => lines.push(line))
  const [consoleLink, graphiqlLink, ...more] = lines
  expect(more).toEqual([])
  expect(consoleLink).toMatch(/^Console: http:\/\/127.0.0.1:4000\/hooks\/#sign-in=[\w-]{43}$/)
  expect(graphiqlLink).toMatch(
    /^GraphiQL: http:\/\/127.0.0.1:4000\/hooks\/graphql#sign-in=[\w-]{43}$/,
  )
  const codeOf = (line?: string) => line!.split('#sign-in=')[1]
  expect((await send(url, codeOf(consoleLink))).status).toBe(200)
  expect(lines[2]).toMatch(/^Console: /)
  expect(codeOf(lines[2])).not.toBe(codeOf(consoleLink))
  expect(lines).toHaveLength(3)
  expect((await send(url, codeOf(lines[2]))).status).toBe(200)
  expect((await send(url, codeOf(graphiqlLink))).status).toBe(200)
})

test('the links of a service with DATABASE_URL have no code', () => {
  const lines: string[] = []
  printLinks({ root: 'https://example.com', signIn: null }, (line) => lines.push(line))
  expect(lines).toEqual(['Console: https://example.com', 'GraphiQL: https://example.com/graphql'])
})
