import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { startMonitoringServer } from '../../../src/server/monitoring.ts'
import { openConnection, operationRequest, readUntil } from './raw-request.ts'
import { startTestServer } from './test-server.ts'

/** Seconds for which proxies keep an idle connection to a server, as nginx and AWS do by default. */
const PROXY_SECONDS = 60

const secondsOf = (head: string) => Number(/^keep-alive: timeout=(\d+)/im.exec(head)?.[1])

test('the server keeps an idle connection longer than a proxy does', async () => {
  const { url } = await startTestServer()
  const socket = await openConnection(url)
  socket.write(operationRequest('{ viewer }'))
  const answer = await readUntil(socket, (text) => text.includes('org_1'))
  expect(secondsOf(answer)).toBeGreaterThan(PROXY_SECONDS)
})

test('the server of a worker keeps an idle connection as long', async () => {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const monitoring = {
    readiness: async () => ({ ready: true, closing: false, parts: {} }),
    figures: async () => ({ contentType: 'text/plain', text: '' }),
    metricsToken: null,
  }
  const server = await startMonitoringServer({ host: '127.0.0.1', port: 0, log }, monitoring)
  onTestFinished(() => server.close())
  const response = await fetch(`${server.url}/health/live`)
  expect(secondsOf(`keep-alive: ${response.headers.get('keep-alive')}`)).toBeGreaterThan(
    PROXY_SECONDS,
  )
})

test('the time limit of a request does not end a connection that is idle between two', async () => {
  const { url } = await startTestServer({ requestTimeoutMs: 100 })
  const socket = await openConnection(url)
  socket.write(operationRequest('{ viewer }'))
  await readUntil(socket, (text) => text.includes('org_1'))
  // By the time this later request is cut off, the limit is over for the idle connection too.
  const late = await openConnection(url)
  late.write('POST /graphql HTTP/1.1\r\n')
  late.resume()
  await once(late, 'close')
  socket.write(operationRequest('{ viewer }'))
  expect(await readUntil(socket, (text) => text.includes('org_1'))).toContain('200 OK')
})
