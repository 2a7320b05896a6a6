import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { answerOf, post, startTestServer } from '../../unit/server/test-server.ts'

const CONNECTIONS = 40

/** Requests a page, reads the beginning of the response and nothing more. */
async function requestUnread(url: string, path: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await once(socket, 'readable')
  return socket
}

async function scriptOf(graphql: string): Promise<string> {
  const page = await fetch(graphql, { headers: { accept: 'text/html' } })
  return /<script src="([^"]+)"/.exec(await page.text())![1]!
}

/** Resolves when the other side has closed the connection, which a client that does not read finds out by writing. */
async function disconnection(socket: Socket): Promise<void> {
  const writing = setInterval(() => socket.write('\n'), 10)
  await new Promise((resolve) => socket.once('close', resolve))
  clearInterval(writing)
}

test('40 clients that do not read the script of GraphiQL keep one copy of it in memory, and customers are answered', async () => {
  const { graphql, url } = await startTestServer()
  const script = await scriptOf(graphql)
  const before = process.memoryUsage().arrayBuffers
  for (let count = 0; count < CONNECTIONS; count += 1) await requestUnread(url, script)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000)
  expect(await answerOf(post(graphql, { query: '{ viewer }' }))).toEqual({
    data: { viewer: 'org_1' },
  })
})

test('the script is complete for a client that reads it while others do not', async () => {
  const { graphql, url } = await startTestServer()
  const script = await scriptOf(graphql)
  await requestUnread(url, script)
  const read = (encoding: string) =>
    fetch(url + script, { headers: { 'accept-encoding': encoding } }).then((one) => one.text())
  expect(await read('identity')).toBe(await read('gzip'))
})

test('a client that does not read a file in time is disconnected', async () => {
  const { graphql, url } = await startTestServer({ unreadTimeoutMs: 100 })
  await disconnection(await requestUnread(url, await scriptOf(graphql)))
})

test('a client that does not read responses of other paths in time is disconnected', async () => {
  const { url } = await startTestServer({
    unreadTimeoutMs: 100,
    monitoring: {
      readiness: async () => ({ ready: true, closing: false, parts: {} }),
      figures: async () => ({ contentType: 'text/plain', text: 'x'.repeat(30_000_000) }),
      metricsToken: 'token',
    },
  })
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).pause()
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\n\r\n')
  await disconnection(socket)
})
