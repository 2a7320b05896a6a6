import pg from 'pg'
import { expect, test } from 'vitest'
import { createDatabase } from '../../helpers/database.ts'
import { deliveriesOf, receivedAll } from '../../helpers/deliveries.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

/** Limits the connections of the database. Open connections stay open. */
async function limitConnections(url: string, limit: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const name = new URL(url).pathname.slice(1)
  await client.query(`alter database ${name} connection limit ${limit}`)
  await client.end()
}

test.each([8, 5])(
  'with %i connections in place of 17 every publication succeeds and is delivered',
  async (limit) => {
    const { url } = await createDatabase()
    await limitConnections(url, limit)
    await using world = await createWorld({ databaseUrl: url })
    await using receiver = await startReceiver()
    const { id } = await activeDestination(world.client, { url: receiver.url })

    const published = await Promise.all(
      Array.from({ length: 400 }, (_, index) => publishTodo(world.client, `Call ${index}`)),
    )
    await receivedAll(receiver, published)

    await expect
      .poll(async () => (await deliveriesOf(world.client, id)).map(({ status }) => status), {
        timeout: 10_000,
      })
      .toEqual(published.map(() => 'SUCCEEDED'))
  },
)

test('DATABASE_POOL limits the connections of a process', async () => {
  const { url } = await createDatabase()
  await using world = await createWorld({ databaseUrl: url, worker: false, poolSize: 4 })
  const { db } = world.app.ports
  const observer = new pg.Client({ connectionString: url })
  await observer.connect()
  const counted = async () => {
    const { rows } = await observer.query(
      `select count(*)::int as all, count(*) filter (where wait_event_type = 'Lock')::int as waiting
      from pg_stat_activity
      where datname = current_database() and application_name like 'bigmind-webhooks pool%'`,
    )
    return rows[0]
  }
  await observer.query('select pg_advisory_lock(1)')
  const queries = Array.from({ length: 7 }, () => db.query('select pg_advisory_xact_lock(1)'))
  await expect.poll(counted).toEqual({ all: 4, waiting: 4 })
  await observer.query('select pg_advisory_unlock(1)')
  await Promise.all(queries)
  expect(await counted()).toEqual({ all: 4, waiting: 0 })
  await observer.end()
})
