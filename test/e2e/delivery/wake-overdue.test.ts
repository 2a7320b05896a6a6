import { expect, test } from 'vitest'
import { wakeOverdueDestinations } from '../../../src/delivery/sweep.ts'
import type { DestinationStatus } from '../../../src/domain/destination.ts'
import { addBacklog, countDeliveries } from '../../helpers/backlog.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { SILENT } from '../../helpers/silent-log.ts'
import { createWorld, type World } from '../../helpers/world.ts'

/** A destination with a backlog, whose status then changed without anybody ending what waits. */
async function leftBehind(world: World, status: DestinationStatus, count: number) {
  const { id } = await activeDestination(world.client, { url: 'http://127.0.0.1:4001/never-sent' })
  await addBacklog(world, id, count)
  await world.app.ports.db.query(
    'update destination set status = $2::destination_status where id = $1',
    [id, status],
  )
  return id
}

const sweep = ({ app }: World) => wakeOverdueDestinations({ ...app.ports, log: SILENT })

test('the sweep cancels the rest of an interrupted cancellation', async () => {
  await using world = await createWorld({ worker: false })
  const disabled = await leftBehind(world, 'DISABLED', 6_000)
  const inactive = await leftBehind(world, 'INACTIVE', 7)
  const active = await leftBehind(world, 'ACTIVE', 5)

  await sweep(world)

  expect(await countDeliveries(world, disabled)).toEqual({ CANCELED: 6_000 })
  expect(await countDeliveries(world, inactive)).toEqual({ CANCELED: 7 })
  expect(await countDeliveries(world, active)).toEqual({ PENDING: 5 })
  const jobs = await world.app.ports.db.query<{ key: string }>(
    `select singleton_key as key from pgboss.job where name = 'drain-destination' and singleton_key = $1`,
    [active],
  )
  expect(jobs).toHaveLength(1)
})

test('the sweep does not cancel test sends of a destination that is not active', async () => {
  await using world = await createWorld({ worker: false })
  const id = await leftBehind(world, 'INACTIVE', 3)
  await world.app.ports.db.query(
    `update delivery set test = true where id = (select min(id) from delivery where destination_id = $1)`,
    [id],
  )
  await sweep(world)
  expect(await countDeliveries(world, id)).toEqual({ CANCELED: 2, PENDING: 1 })
})
