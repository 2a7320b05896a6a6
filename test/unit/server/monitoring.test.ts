import { expect, test } from 'vitest'
import type { Monitoring } from '../../../src/server/monitoring.ts'
import { startTestServer } from './test-server.ts'

const TOKEN = 'd3b07384d113edec49eaa6238ad5ff00'

const monitoring = (metricsToken: string | null): Monitoring => ({
  readiness: async () => ({ ready: true, closing: false, parts: {} }),
  figures: async () => ({ contentType: 'text/plain', text: 'figures 1\n' }),
  metricsToken,
})

const statusOf = async (url: string, headers: Record<string, string> = {}) =>
  (await fetch(`${url}/metrics`, { headers })).status

test('without METRICS_TOKEN only direct requests from this machine get the metrics', async () => {
  const { url } = await startTestServer({ monitoring: monitoring(null) })
  expect(await statusOf(url)).toBe(200)
  expect(await statusOf(url, { 'x-forwarded-for': '203.0.113.9' })).toBe(403)
})

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
