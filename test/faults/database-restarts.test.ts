import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { ServiceProcess } from '../helpers/service-process.ts'
import { allDelivered } from './arrivals.ts'
import { createDeployment, type Deployment } from './deployment.ts'
import { extent, inTime } from './extent.ts'
import { startOwnServer } from './own-server.ts'
import { type Publication, publishSteadily, publishUntilAcknowledged } from './publication.ts'
import { createRandom } from './random.ts'

const RESTARTS = extent({ short: 1, full: 10 })

/** Publications a second. Other tests run beside the short form. */
const RATE = extent({ short: 50, full: 200 })

/** Milliseconds after the database is back by which a delivery must arrive. */
const DELIVERS_WITHIN = 2_000

/** Publishes an event and waits for it at the receiver. @returns how long that took, in ms */
async function firstDelivery({ receiver }: Deployment, publication: Publication): Promise<number> {
  const began = performance.now()
  const from = receiver.requests.length
  const { event } = (await publishUntilAcknowledged(publication))!
  for (let seen = from; ; seen += 1) {
    const { headers } = await receiver.request(seen + 1)
    if (headers['webhook-id'] === event.id) return performance.now() - began
  }
}

test(
  `${RESTARTS} immediate restarts of PostgreSQL at ${RATE} publications a second: nothing that was acknowledged is lost, deliveries go on within ${DELIVERS_WITHIN / 1_000} s, and no process ends`,
  async () => {
    const random = createRandom()
    const server = await startOwnServer()
    const deployment = await createDeployment({ databaseUrl: server.url })
    const { api, client, ledger, receiver } = deployment
    const worker = await deployment.start('worker')
    const ended: string[] = []
    const watch = (name: string, one: ServiceProcess) => one.exit().then(() => ended.push(name))
    void watch('the API', api)
    void watch('the worker', worker)
    const destinationIds = await deployment.destinations(2)
    const publication = { client, ledger, destinationIds }
    const stream = publishSteadily(RATE, publication)
    await receiver.request(RATE)
    const took: number[] = []

    for (let restart = 1; restart <= RESTARTS; restart += 1) {
      await pause(500 + random.below(1_500))
      await server.crash()
      took.push(await firstDelivery(deployment, publication))
      await ledger.fault(`restart ${restart}`)
    }
    const published = (await stream.stop()) + RESTARTS
    await allDelivered(deployment, published * destinationIds.length)

    console.log(
      `${published} published; first delivery after ${took.map(Math.round).join(', ')} ms; ` +
        `${receiver.requests.length - published * destinationIds.length} sent again`,
    )
    expect(ledger.acknowledged).toBe(published)
    expect(await ledger.violations()).toEqual([])
    expect(Math.max(...took)).toBeLessThan(inTime(DELIVERS_WITHIN))
    expect(ended).toEqual([])
  },
  extent({ short: 300_000, full: 300_000 }),
)
