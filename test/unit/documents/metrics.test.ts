import { expect, test } from 'vitest'
import { EXIT_CODES } from '../../../src/process/startup-error.ts'
import { createPrometheus } from '../../../src/telemetry/prometheus.ts'
import { read, rowsUnder, tableRows } from './document.ts'

const SOURCES = {
  backlog: async () => ({ deliveries: 0, oldestAgeSeconds: 0 }),
  pool: () => ({ active: 0, idle: 0, waiting: 0 }),
  drains: () => 0,
  feedHeld: () => 0,
  subscribers: () => ({ deliveryAttempted: 0 }),
  lostLines: () => 0,
}

test('docs/operations.md lists exactly the metrics of the service, with their types', async () => {
  const metrics = createPrometheus()
  metrics.registerGauges(SOURCES)
  const { text } = await metrics.read()
  const registered = [...text.matchAll(/^# TYPE (bigmind_webhooks_\w+) (\w+)$/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  )
  const documented = rowsUnder('docs/operations.md', 'Read metrics').flatMap(([cell, type]) =>
    [...cell!.matchAll(/^`(bigmind_webhooks_\w+)/g)].map(([, name]) => `${name} ${type}`),
  )
  expect(registered.length).toBeGreaterThan(10)
  expect(documented.sort()).toEqual(registered.sort())
})

test('docs/operations.md explains every exit code of a failed start', () => {
  const codes = tableRows(read('docs/operations.md'))
    .filter(([code, , ...more]) => /^\d+$/.test(code!) && more.length === 0)
    .map(([code]) => Number(code))
  expect(codes).toEqual(Object.values(EXIT_CODES))
})
