import { expect } from 'vitest'
import { deliveryOf } from '../helpers/delivery-operations.ts'
import type { Deployment } from './deployment.ts'

/** Counts the different deliveries that have arrived. */
export const arrived = ({ receiver }: Deployment) => new Set(receiver.requests.map(deliveryOf)).size

/** Waits until a number of different deliveries have arrived and all deliveries have ended. */
export async function allDelivered(deployment: Deployment, count: number, timeout = 60_000) {
  await expect.poll(() => arrived(deployment), { timeout, interval: 100 }).toBe(count)
  await allEnded(deployment)
}

/** Waits until no delivery is waiting any more. */
export async function allEnded({ sql }: Deployment, timeout = 60_000) {
  const waiting = () => sql(`select id from delivery where status = 'PENDING' limit 1`)
  await expect.poll(waiting, { timeout, interval: 100 }).toEqual([])
}
