import { randomBytes } from 'node:crypto'
import { expect, inject } from 'vitest'
import { migrate } from '../../src/storage/migrations/migrations.ts'
import {
  DEBIAN_PROGRAMS,
  debianPostgres,
  INITDB,
  startDebianPostgres,
  startServer,
} from '../helpers/debian-postgres.ts'
import { latestAttempt, receivedAll } from '../helpers/deliveries.ts'
import { query } from '../helpers/embedded-database.ts'
import { testWhere } from '../helpers/machine.ts'
import { activeDestination, attempts, publishTodo } from '../helpers/operations.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { publishSteadily } from './steady-publication.ts'

const { postgres } = inject('outside')
const postgres18 = { met: !postgres!.missing, reason: `needs PostgreSQL 18: ${postgres!.missing}` }

const test = testWhere(debianPostgres)

const idsOf = async (url: string) =>
  (
    (await query(url, 'select id from delivery_attempt order by recorded_in, id')) as {
      id: string
    }[]
  ).map(({ id }) => id)

/** Delivers one event, then follows the feed from its attempt. @returns the event's id, and the ids of the feed */
async function begin(world: World, receiver: Receiver) {
  const { id } = await activeDestination(world.client, { url: receiver.url })
  const event = await publishTodo(world.client)
  const first = await latestAttempt(world.client, id)
  const fed = [first]
  const follow = async () => {
    for await (const attempt of attempts(world.client, { after: first })) fed.push(attempt.id)
  }
  // The end of the world ends the subscription.
  void follow().catch(() => {})
  return { event, fed }
}

test('VACUUM FULL of every table under load loses, repeats and reorders nothing', async () => {
  const server = await startDebianPostgres()
  await migrate(server.url())
  await using world = await createWorld({ databaseUrl: server.url() })
  await using receiver = await startReceiver()
  const { event, fed } = await begin(world, receiver)
  const load = publishSteadily(world)
  await load.more()
  const tables = (await query(
    server.url(),
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'pgboss')`,
  )) as { name: string }[]
  for (const { name } of tables) await query(server.url(), `vacuum full ${name}`)
  await load.more()
  await load.stop()

  const events = [event, ...load.events]
  await receivedAll(receiver, events)
  await expect.poll(() => fed.length).toBe(events.length)
  expect(fed).toEqual(await idsOf(server.url()))
  expect(receiver.requests).toHaveLength(events.length)
})

testWhere(debianPostgres, postgres18)(
  'after pg_upgrade from PostgreSQL 15 to 18 waiting deliveries are sent, and a subscriber resumes in order',
  async () => {
    const old = await startDebianPostgres()
    await migrate(old.url())
    const encryptionKeys = [{ id: 'test', key: randomBytes(32) }]
    await using receiver = await startReceiver()
    const events: string[] = []
    const seen: string[] = []
    {
      await using world = await createWorld({ databaseUrl: old.url(), encryptionKeys })
      const { event } = await begin(world, receiver)
      events.push(event, await publishTodo(world.client))
      await receivedAll(receiver, events)
      await expect.poll(() => idsOf(old.url())).toHaveLength(2)
      seen.push(...(await idsOf(old.url())))
    }
    {
      await using world = await createWorld({
        databaseUrl: old.url(),
        encryptionKeys,
        worker: false,
      })
      events.push(await publishTodo(world.client), await publishTodo(world.client))
    }
    old.stop('fast')
    const upgraded = await startServer({
      programs: postgres!.path!,
      create(run, data) {
        run('initdb', ['-D', data, ...INITDB, '--no-data-checksums'])
        const programs = ['-b', DEBIAN_PROGRAMS, '-B', postgres!.path!]
        run('pg_upgrade', [...programs, '-d', old.data, '-D', data, '-U', 'postgres'])
      },
    })

    await migrate(upgraded.url())
    await using world = await createWorld({ databaseUrl: upgraded.url(), encryptionKeys })
    events.push(await publishTodo(world.client))
    await receivedAll(receiver, events)
    await expect.poll(() => idsOf(upgraded.url())).toHaveLength(5)
    const ids = await idsOf(upgraded.url())
    expect(ids.slice(0, 2)).toEqual(seen)
    const fed: string[] = [seen[0]!]
    for await (const attempt of attempts(world.client, { after: seen[0]! })) {
      if (fed.push(attempt.id) === 5) break
    }
    expect(fed).toEqual(ids)
  },
)
