import pg from 'pg'
import { expect, test } from 'vitest'
import { destinationStands, publishTodos } from '../../helpers/delivery-operations.ts'
import { readDestination } from '../../helpers/destination-operations.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

test('successes of other destinations are recorded while a failure waits for the lock of its destination', async () => {
  await using world = await createWorld()
  const { client } = world
  await using broken = await startReceiver({ answers: [500] })
  await using sound = await startReceiver()
  const bad = await activeDestination(client, { url: broken.url })
  const good = await activeDestination(client, { url: sound.url })
  const holder = new pg.Client({ connectionString: world.databaseUrl })
  await holder.connect()
  try {
    await holder.query('begin')
    await holder.query('select from destination where id = $1 for share', [bad.id])

    await publishTodos(client, 1)
    await broken.request()
    await destinationStands(client, good.id, {
      deliveries: [expect.objectContaining({ status: 'SUCCEEDED' })],
    })
    await publishTodos(client, 30)
    await destinationStands(client, good.id, {
      deliveries: Array(31).fill(expect.objectContaining({ status: 'SUCCEEDED' })),
    })
    expect(await readDestination(client, bad.id)).toMatchObject({ failureCount: 0 })
    await holder.query('commit')
  } finally {
    await holder.end()
  }
  await destinationStands(client, bad.id, { status: 'DISABLED' })
})
