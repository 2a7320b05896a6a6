import { expect, test } from 'vitest'
import { allDelivered } from './arrivals.ts'
import { createDeployment } from './deployment.ts'
import { extent, inTime, isFull } from './extent.ts'
import { publishAll } from './publication.ts'
import { createRandom } from './random.ts'

const ROUNDS = extent({ short: 1, full: 10 })
const EVENTS = 60
const DESTINATIONS = 5

/** In milliseconds. */
const LONGEST_ANSWER = extent({ short: 1_000, full: 4_500 })

/** Milliseconds that an attempt has, and a second to record it and to end. */
const ENDS_WITHIN = 6_000

test(`SIGTERM under load, ${ROUNDS} times: the worker ends within 6 s with code 0, the attempts in flight are recorded, and the next worker continues`, async () => {
  const random = createRandom()
  const deployment = await createDeployment()
  const { client, ledger, receiver } = deployment
  const destinationIds = await deployment.destinations(DESTINATIONS)
  // Some answers take as long as they may. The short form leaves a busy machine time to record them.
  receiver.answerWith((_request, response) => {
    setTimeout(() => response.end(), random.below(20) === 0 ? LONGEST_ANSWER : 50)
  })
  const took: number[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    const worker = await deployment.start('worker')
    const before = receiver.requests.length
    await publishAll(EVENTS, { client, ledger, destinationIds })
    await receiver.request(before + 1 + random.below((EVENTS * DESTINATIONS) / 2))
    const asked = performance.now()
    worker.signal('SIGTERM')
    expect(await worker.exit()).toBe(0)
    took.push(performance.now() - asked)
  }
  await deployment.start('worker')
  await allDelivered(deployment, ROUNDS * EVENTS * DESTINATIONS)

  console.log(`ended after ${took.map(Math.round).join(', ')} ms`)
  // No fault is noted: nothing at all may be sent twice.
  expect(await ledger.violations()).toEqual([])
  expect(Math.max(...took)).toBeLessThan(inTime(ENDS_WITHIN))
}, 300_000)

test.runIf(isFull)(
  'a second SIGTERM ends the worker at once, and attempts that were in flight are repeated',
  async () => {
    const deployment = await createDeployment()
    const { client, ledger, receiver } = deployment
    const destinationIds = await deployment.destinations(1)
    receiver.answerWith(() => {})
    const worker = await deployment.start('worker')
    await publishAll(1, { client, ledger, destinationIds })
    await receiver.request()
    worker.signal('SIGTERM')
    await expect.poll(() => worker.logged.map(({ msg }) => msg)).toContain('closing')
    const asked = performance.now()
    worker.signal('SIGTERM')
    expect(await worker.exit()).toBe(1)
    expect(performance.now() - asked).toBeLessThan(1_000)

    await ledger.fault('second SIGTERM')
    receiver.answerWith(200)
    await deployment.start('worker')
    await receiver.request(2)
    await allDelivered(deployment, 1)
    expect(await ledger.violations()).toEqual([])
  },
  60_000,
)
