import { expect, onTestFinished, test } from 'vitest'
import { type Monitoring, startMonitoringServer } from '../../../src/server/monitoring.ts'
import { SILENT } from '../../helpers/silent-log.ts'
import { startTestServer } from './test-server.ts'

const TOKEN = 'd3b07384d113edec49eaa6238ad5ff00'

const monitoring = (metricsToken: string | null): Monitoring => ({
  readiness: async () => ({ ready: true, closing: false, parts: {} }),
  figures: async () => ({ contentType: 'text/plain', text: 'figures 1\n' }),
  metricsToken,
})

const statusOf = async (url: string, headers: Record<string, string> = {}) =>
  (await fetch(`${url}/metrics`, { headers })).status

test('without METRICS_TOKEN no request gets the metrics, from this machine either', async () => {
  const { url } = await startTestServer({ monitoring: monitoring(null) })
  const response = await fetch(`${url}/metrics`)
  expect(response.status).toBe(403)
  expect(await response.text()).toContain('METRICS_PORT')
})

test.each([
  [null, true, 200],
  [null, false, 403],
  [TOKEN, true, 401],
])(
  'with the token %j, a monitoring server with ownListener %j answers %i',
  async (token, ownListener, status) => {
    const address = { host: '127.0.0.1', port: 0, log: SILENT, ownListener }
    const { close, url } = await startMonitoringServer(address, monitoring(token))
    onTestFinished(close)
    expect(await statusOf(url)).toBe(status)
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    expect((await fetch(`${url}/graphql`)).status).toBe(404)
  },
)

test('with METRICS_TOKEN any client that sends it gets the metrics', async () => {
  const { url } = await startTestServer({ monitoring: monitoring(TOKEN) })
  const authorization = `Bearer ${TOKEN}`
  expect(await statusOf(url, { authorization, 'x-forwarded-for': '203.0.113.9' })).toBe(200)
  for (const wrong of [{}, { authorization: TOKEN }, { authorization: `Bearer ${TOKEN}0` }]) {
    const response = await fetch(`${url}/metrics`, { headers: wrong })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await response.text()).not.toContain('figures')
  }
})
