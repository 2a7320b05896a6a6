import { expect, test } from 'vitest'
import { allDelivered } from './arrivals.ts'
import { createDeployment } from './deployment.ts'
import { extent, inTime } from './extent.ts'
import { publishAll } from './publication.ts'

const DESTINATIONS = extent({ short: 40, full: 100 })

/** Milliseconds. */
const ALL_WITHIN = 60_000

test(`the jobs of ${DESTINATIONS} destinations are deleted, half of them for retries: all is delivered within 60 s`, async () => {
  const deployment = await createDeployment()
  const { client, ledger, receiver, sql } = deployment
  const destinationIds = await deployment.destinations(DESTINATIONS)
  const failing = new Set(destinationIds.slice(0, DESTINATIONS / 2))
  receiver.answerWith(({ body }, response) => {
    // Once each.
    response.statusCode = failing.delete(JSON.parse(body).webhook_id) ? 500 : 200
    response.end()
  })
  const first = await deployment.start('worker')
  await publishAll(1, { client, ledger, destinationIds })
  await receiver.request(DESTINATIONS)
  const failed = () => sql(`select id from delivery where status = 'PENDING' and attempt_count = 1`)
  await expect.poll(failed, { timeout: 10_000 }).toHaveLength(DESTINATIONS / 2)
  await first.kill()
  await publishAll(1, { client, ledger, destinationIds })
  const lost = await sql('delete from pgboss.job where true returning id')
  expect(lost.length).toBeGreaterThanOrEqual(DESTINATIONS)
  const began = performance.now()
  await deployment.start('worker')

  await allDelivered(deployment, 2 * DESTINATIONS)
  console.log(
    `${lost.length} jobs lost; all delivered after ${Math.round(performance.now() - began)} ms`,
  )
  expect(performance.now() - began).toBeLessThan(inTime(ALL_WITHIN))
  expect(receiver.requests).toHaveLength(2.5 * DESTINATIONS)
  expect(await ledger.violations()).toEqual([])
}, 300_000)
