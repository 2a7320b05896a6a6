import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { allDelivered } from './arrivals.ts'
import { createDeployment } from './deployment.ts'
import { extent } from './extent.ts'
import { publishOnce } from './publication.ts'
import { startStallingProxy } from './stalling-proxy.ts'

const KILLS = extent({ short: 1, full: 10 })

test(`an API that is killed between commit and answer, ${KILLS} times: the client repeats with its idempotency key, and there is one event`, async () => {
  const deployment = await createDeployment()
  const { clientOf, ledger, sql, start } = deployment
  const destinationIds = await deployment.destinations(3)
  await start('worker')
  const stored = (key: string) =>
    sql<{ id: string }>('select id from event where idempotency_key = $1', [key])

  for (let kill = 1; kill <= KILLS; kill += 1) {
    const [api, next] = await Promise.all([start('api'), start('api')])
    const proxy = await startStallingProxy(api.url!)
    // The request passes, the answer does not: the moment between commit and answer lasts until the kill.
    proxy.stall('answers')
    const key = randomUUID()
    const unanswered = publishOnce(clientOf(proxy.url.replace(/\/$/, '')), key).then(
      () => 'answered',
      () => 'lost',
    )
    await expect.poll(() => stored(key), { timeout: 10_000, interval: 10 }).toHaveLength(1)
    await api.kill()
    proxy.cut()
    expect(await unanswered).toBe('lost')
    const { duplicate, event } = await publishOnce(clientOf(next.url!), key)
    expect(duplicate).toBe(true)
    ledger.acknowledge(key, event.id, destinationIds)
    next.signal('SIGTERM')
  }

  await allDelivered(deployment, KILLS * destinationIds.length)
  expect(deployment.receiver.requests).toHaveLength(KILLS * destinationIds.length)
  expect(await ledger.violations()).toEqual([])
}, 300_000)
