import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { allDelivered } from './arrivals.ts'
import { createDeployment, type Deployment } from './deployment.ts'
import { extent, inTime } from './extent.ts'
import { publishSteadily } from './publication.ts'
import { startStallingProxy } from './stalling-proxy.ts'
import { watchFeed } from './watched-feed.ts'

/** Milliseconds without a word from the database. */
const SILENCE = extent({ short: 13_000, full: 30_000 })

/** Publications a second: a worker stops when 16 results of a destination wait to be recorded. */
const RATE = extent({ short: 20, full: 50 })

/** Milliseconds after which a worker's destinations must be with another one. */
const TAKEN_UP_WITHIN = 12_000

/** Waits until each destination has been sent something that was published from now on. @returns how long it took, in ms */
async function allReached({ receiver }: Deployment, destinationIds: readonly string[]) {
  const began = performance.now()
  const left = new Set(destinationIds)
  for (let seen = receiver.requests.length; left.size > 0; seen += 1) {
    const { body } = await receiver.request(seen + 1)
    left.delete(JSON.parse(body).webhook_id)
  }
  return performance.now() - began
}

/** An API and a worker that reach the database through a proxy, beside an API and a worker that reach it by themselves. */
async function behindProxy() {
  const deployment = await createDeployment({ answerAfter: 100 })
  const proxy = await startStallingProxy(deployment.databaseUrl)
  const through = { DATABASE_URL: proxy.url }
  const destinationIds = await deployment.destinations(5)
  const api = await deployment.start('api', through)
  const worker = await deployment.start('worker', through)
  const feed = await watchFeed(deployment, {
    client: deployment.clientOf(api.url!),
    destinationIds,
  })
  return { ...deployment, deployment, proxy, api, worker, destinationIds, feed }
}

const ends: [what: string, onlyNew: boolean][] = [
  ['and then bring all that they held back', false],
  ['for good, while new ones work', true],
]

test.each(ends.slice(0, extent({ short: 1, full: 2 })))(
  `connections to the database that are silent for ${SILENCE / 1_000} s %s: others take over within ${TAKEN_UP_WITHIN / 1_000} s, the feed has no gap, and what was stored late is stored once`,
  async (_what, onlyNew) => {
    const { deployment, proxy, destinationIds, feed, ledger, receiver, client } =
      await behindProxy()
    const stream = publishSteadily(RATE, { client, ledger, destinationIds })
    await receiver.request(100)
    proxy.stall()
    // The worker continues until 16 results of each destination wait to be recorded.
    await pause(1_000)
    await ledger.fault('silence')
    await deployment.start('worker')
    const took = await allReached(deployment, destinationIds)
    await pause(SILENCE - took)
    proxy.resume({ onlyNew })
    await pause(2_000)
    const published = await stream.stop()

    await allDelivered(deployment, (published + 1) * destinationIds.length)
    const resumed = performance.now()
    await feed.complete()
    console.log(
      `taken over after ${Math.round(took)} ms; the feed was complete ${Math.round(performance.now() - resumed)} ms after the last delivery`,
    )
    expect(await feed.faults()).toEqual([])
    expect(await ledger.violations()).toEqual([])
    expect(took).toBeLessThan(inTime(TAKEN_UP_WITHIN))
  },
  180_000,
)

test('SIGTERM ends a worker and an API within 6 s although their database is silent', async () => {
  const { proxy, api, worker, ledger, client, destinationIds, receiver } = await behindProxy()
  const stream = publishSteadily(RATE, { client, ledger, destinationIds })
  await receiver.request(100)
  proxy.stall()
  await pause(1_000)
  const asked = performance.now()
  for (const one of [api, worker]) one.signal('SIGTERM')
  const took = await Promise.all(
    [api, worker].map((one) => one.exit().then(() => Math.round(performance.now() - asked))),
  )
  console.log(`ended after ${took.join(' and ')} ms`)
  expect(Math.max(...took)).toBeLessThan(inTime(6_500))
  await stream.stop()
}, 300_000)
