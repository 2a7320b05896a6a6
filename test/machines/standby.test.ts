import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { migrate } from '../../src/storage/migrations/migrations.ts'
import {
  type DebianPostgres,
  debianPostgres,
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

const test = testWhere(debianPostgres)

const idsOf = async (url: string) =>
  (
    (await query(url, 'select id from delivery_attempt order by recorded_in, id')) as {
      id: string
    }[]
  ).map(({ id }) => id)

/** Delivers one event, then follows the feed from its attempt, and resumes it after each error. @returns the event's id, and the ids of the feed */
async function begin(world: World, receiver: Receiver) {
  const { id } = await activeDestination(world.client, { url: receiver.url })
  const event = await publishTodo(world.client)
  const fed = [await latestAttempt(world.client, id)]
  let isOver = false
  onTestFinished(() => {
    isOver = true
  })
  const follow = async () => {
    for await (const attempt of attempts(world.client, { after: fed.at(-1)! })) fed.push(attempt.id)
  }
  // A subscription ends with an error when the database is lost, and a customer resumes it.
  void (async () => {
    while (!isOver) await follow().catch(() => pause(100))
  })()
  return { event, fed }
}

/** Starts a standby to which each commit is replicated before it is answered. */
async function startStandby(primary: DebianPostgres): Promise<DebianPostgres> {
  const source = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'postgres']
  const standby = await startServer({
    create: (run, data) =>
      void run('pg_basebackup', [...source, '-D', data, '-R', '-X', 'stream', '-c', 'fast']),
  })
  await query(primary.url(), `alter system set synchronous_standby_names = '*'`)
  await query(primary.url(), 'select pg_reload_conf()')
  const state = () => query(primary.url(), 'select sync_state as state from pg_stat_replication')
  await expect.poll(state).toEqual([{ state: 'sync' }])
  return standby
}

const isReady = async (world: World) => (await fetch(`${world.url}/health/ready`)).ok

for (const address of ['of both servers', 'that moves to the standby'] as const) {
  test(`with an address ${address}, the service waits for a promotion and loses nothing that was answered`, async () => {
    const primary = await startDebianPostgres()
    await migrate(primary.url())
    const standby = await startStandby(primary)
    const both = `postgres://postgres@127.0.0.1:${primary.port},127.0.0.1:${standby.port}/postgres?target_session_attrs=primary`
    const databaseUrl = address === 'of both servers' ? both : primary.url()
    await using world = await createWorld({ databaseUrl })
    await using receiver = await startReceiver()
    const { event, fed } = await begin(world, receiver)
    const load = publishSteadily(world)
    await load.more()

    primary.stop('immediate')
    if (address === 'that moves to the standby') {
      const options = [
        '-w',
        '-s',
        '-m',
        'fast',
        '-l',
        `${standby.folder}/log`,
        '-o',
        `-p ${primary.port}`,
      ]
      standby.run('pg_ctl', ['restart', '-D', standby.data, ...options])
    }
    await expect.poll(() => isReady(world)).toBe(false)
    standby.run('pg_ctl', ['promote', '-w', '-s', '-D', standby.data])
    await load.more()
    await load.stop()
    await expect.poll(() => isReady(world)).toBe(true)

    await receivedAll(receiver, [event, ...load.events])
    const url = address === 'of both servers' ? standby.url() : primary.url()
    const open = `select from delivery where status <> 'SUCCEEDED'`
    await expect.poll(() => query(url, open)).toEqual([])
    const ids = await idsOf(url)
    await expect.poll(() => fed.length).toBe(ids.length)
    expect(fed).toEqual(ids)
  })
}
