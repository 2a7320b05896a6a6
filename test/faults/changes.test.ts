import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  activate,
  DeleteDestination,
  deactivate,
  RotateSecret,
  SelectEvents,
} from '../helpers/destination-operations.ts'
import { activeDestination } from '../helpers/operations.ts'
import { allEnded, arrived } from './arrivals.ts'
import { createDeployment, type Deployment } from './deployment.ts'
import { extent } from './extent.ts'
import { publishSteadily } from './publication.ts'
import { createRandom, type Random } from './random.ts'

/** The rate of changes per second, and the number of destinations that change. */
const RATE = extent({ short: 25, full: 50 })
const CHANGING = 25

/** Deliveries to destinations that stay as they are. */
const DELIVERIES = extent({ short: 300, full: 1_000 })
const STAYING = 2

type Change = (id: string) => Promise<string>

/** What a customer does with an ACTIVE destination, each ending with one that is ACTIVE. @returns its id */
function changesOf({ client, ledger, receiver }: Deployment): Change[] {
  const activated = (id: string) => ledger.change(id, 'ACTIVATED', () => activate(client, id))
  return [
    async (id) => {
      await ledger.change(id, 'DEACTIVATED', () => deactivate(client, id))
      await activated(id)
      return id
    },
    async (id) => {
      await client.request(SelectEvents, { id, events: ['SUMMARY_CREATED'] })
      await client.request(SelectEvents, { id, events: ['TODO_CREATED'] })
      return id
    },
    async (id) => {
      await client.request(RotateSecret, { id, overlapSeconds: 60 })
      return id
    },
    async (id) => {
      await ledger.change(id, 'DELETED', () => client.request(DeleteDestination, { id }))
      return (await activeDestination(client, { url: receiver.url })).id
    },
  ]
}

/** Changes destinations until it is stopped. The returned function stops it, and returns the calls per second. */
function startChanging(deployment: Deployment, ids: string[], random: Random) {
  const changes = changesOf(deployment)
  const began = performance.now()
  let made = 0
  let stopped = false
  const lane = async (index: number) => {
    while (!stopped) {
      // A change takes two calls on average.
      const due = began + ((made * 2) / RATE) * 1_000
      await pause(Math.max(0, due - performance.now()))
      made += 1
      ids[index] = await random.pick(changes)(ids[index]!)
    }
  }
  const lanes = Promise.all(ids.map((_, index) => lane(index)))
  return async () => {
    stopped = true
    await lanes
    return (made * 2 * 1_000) / (performance.now() - began)
  }
}

test(`activating, deactivating, selecting, rotating and deleting at ${RATE}/s during ${DELIVERIES} deliveries violates no invariant`, async () => {
  const deployment = await createDeployment()
  const { client, ledger, receiver } = deployment
  const destinationIds = await deployment.destinations(STAYING)
  const changing = await deployment.destinations(CHANGING)
  await deployment.start('worker')
  await deployment.start('worker')
  const stop = startChanging(deployment, changing, createRandom())
  const stream = publishSteadily(50, { client, ledger, destinationIds })
  await pause((DELIVERIES / STAYING / 50) * 1_000)
  const published = await stream.stop()
  const rate = await stop()
  await allEnded(deployment)
  // Time for what must not be sent any more.
  await pause(1_500)

  console.log(
    `${Math.round(rate)} changes a second; ${published} events in ${arrived(deployment)} deliveries`,
  )
  expect(published * STAYING).toBeGreaterThanOrEqual(DELIVERIES * 0.9)
  expect(receiver.requests.length).toBe(arrived(deployment))
  expect(await ledger.violations()).toEqual([])
}, 300_000)
