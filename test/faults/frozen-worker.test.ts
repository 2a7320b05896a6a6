import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { deliveryOf } from '../helpers/delivery-operations.ts'
import { DeleteDestination, deactivate } from '../helpers/destination-operations.ts'
import { allEnded } from './arrivals.ts'
import { createDeployment } from './deployment.ts'
import { extent } from './extent.ts'
import { publishAll } from './publication.ts'

/** How long a worker is frozen, in milliseconds. Another worker takes over its destinations after 10 s. */
const FROZEN = extent({ short: 13_000, full: 20_000 })

test(`a worker that is frozen for ${FROZEN / 1_000} s records no attempt twice, and sends nothing to destinations that were deactivated or deleted meanwhile`, async () => {
  const deployment = await createDeployment({ answerAfter: 200 })
  const { client, ledger, receiver } = deployment
  const staying = await deployment.destinations(6)
  const [deactivated, deleted] = (await deployment.destinations(2)) as [string, string]
  const frozen = await deployment.start('worker')
  await publishAll(100, { client, ledger, destinationIds: staying })
  await receiver.request(50)
  frozen.signal('SIGSTOP')
  await ledger.fault('freeze')
  await deployment.start('worker')
  await ledger.change(deactivated, 'DEACTIVATED', () => deactivate(client, deactivated))
  await ledger.change(deleted, 'DELETED', () => client.request(DeleteDestination, { id: deleted }))
  await pause(FROZEN)
  frozen.signal('SIGCONT')
  await publishAll(20, { client, ledger, destinationIds: staying })

  await allEnded(deployment)
  await expect
    .poll(
      () =>
        new Set(
          receiver.requests
            .filter(({ body }) => staying.includes(JSON.parse(body).webhook_id))
            .map(deliveryOf),
        ).size,
      { timeout: 30_000 },
    )
    .toBe(120 * staying.length)
  // The requests in flight of the frozen worker have ended by now, and were not recorded.
  await pause(1_000)
  expect(await ledger.violations()).toEqual([])
}, 300_000)
