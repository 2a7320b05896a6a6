import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { allDelivered, arrived } from './arrivals.ts'
import { createDeployment, type Deployment } from './deployment.ts'
import { extent, inTime } from './extent.ts'
import { publishAll } from './publication.ts'
import { createRandom } from './random.ts'

const KILLS = extent({ short: 2, full: 30 })
const DELIVERIES = extent({ short: 300, full: 5_000 })
const DESTINATIONS = 10

/** Milliseconds: a round takes several answers' time, and a kill comes in the middle of it. */
const ANSWER_AFTER = 400

/** Milliseconds after a worker's death by which another one must be at its work. */
const TAKEN_UP_WITHIN = 12_000

/** Destinations that still wait for something. */
const waiting = async ({ sql }: Deployment) => {
  const rows = await sql<{ id: string }>(
    `select distinct destination_id as id from delivery where status = 'PENDING'`,
  )
  return new Set(rows.map(({ id }) => id))
}

/** Waits until each destination that waits for something has been sent it. @returns how long it took, in ms */
async function takenUp(deployment: Deployment): Promise<number> {
  const began = performance.now()
  const before = deployment.receiver.requests.length
  const left = await waiting(deployment)
  while (left.size > 0) {
    await pause(100)
    const since = deployment.receiver.requests.slice(before)
    for (const { body } of since) left.delete(JSON.parse(body).webhook_id)
    // The attempts in flight of the other worker can be the last of a destination.
    const still = await waiting(deployment)
    for (const id of left) if (!still.has(id)) left.delete(id)
  }
  return performance.now() - began
}

test(
  `${KILLS} random kill -9 of one of two workers in ${DELIVERIES} deliveries: nothing is lost, and each time all is taken up again within ${TAKEN_UP_WITHIN / 1_000} s`,
  async () => {
    const random = createRandom()
    const deployment = await createDeployment({ answerAfter: ANSWER_AFTER })
    const { client, ledger, receiver } = deployment
    const destinationIds = await deployment.destinations(DESTINATIONS)
    const workers = [await deployment.start('worker'), await deployment.start('worker')]
    const took: number[] = []
    const round = Math.ceil(DELIVERIES / DESTINATIONS / KILLS)

    for (let kill = 1; kill <= KILLS; kill += 1) {
      const before = receiver.requests.length
      const published = publishAll(round, { client, ledger, destinationIds })
      await receiver.request(before + 1 + random.below((round * DESTINATIONS) / 2))
      const victim = random.below(2)
      await workers[victim]!.kill()
      await ledger.fault(`kill ${kill}`)
      const replaced = deployment.start('worker')
      took.push(await takenUp(deployment))
      await published
      await allDelivered(deployment, kill * round * DESTINATIONS)
      workers[victim] = await replaced
    }

    console.log(
      `taken up after ${took.map(Math.round).join(', ')} ms; ${receiver.requests.length - arrived(deployment)} of ${arrived(deployment)} were sent again`,
    )
    expect(await ledger.violations()).toEqual([])
    expect(Math.max(...took)).toBeLessThan(inTime(TAKEN_UP_WITHIN))
  },
  extent({ short: 300_000, full: 900_000 }),
)
