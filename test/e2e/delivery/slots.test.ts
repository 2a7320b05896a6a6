import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/concurrency/clock.ts'
import { createQueue, startQueue } from '../../../src/delivery/queue.ts'
import { createSlots } from '../../../src/delivery/turns/slots.ts'
import { type ControlledTurn, createTurn } from '../../../src/delivery/turns/turn.ts'
import { createDatabase as connect } from '../../../src/storage/database.ts'
import { newId } from '../../../src/storage/ids.ts'
import { createDatabase } from '../../helpers/database.ts'
import { SILENT } from '../../helpers/silent-log.ts'

/** A queue without a pump, and slots of a process in which `turns` run. */
async function openSlots(turns: ReadonlyMap<string, ControlledTurn> = new Map()) {
  const { url } = await createDatabase()
  const db = connect(url, { log: SILENT })
  onTestFinished(() => db.close())
  const ports = { db, clock: systemClock, log: SILENT }
  const { boss, queue } = createQueue(ports)
  onTestFinished(() => boss.stop({ graceful: false, close: false }))
  await startQueue(boss)
  const slots = createSlots(
    { ...ports, boss, queue, retryTransient: (_what, work) => work() },
    turns,
  )
  return {
    slots,
    /** Queues jobs for as many destinations of an organization. */
    enqueue: (organizationId: string, count: number) =>
      db.transaction((tx) =>
        queue.wake(
          tx,
          Array.from({ length: count }, () => ({ destinationId: newId('whk'), organizationId })),
        ),
      ),
    db,
  }
}

/** Turns of an organization that have waited long enough for responses not to count as working, or that work. */
function turnsOf(organizationId: string, count: number, waitingMs: number) {
  return Array.from({ length: count }, () => {
    const job = {
      id: newId('whk'),
      retryCount: 0,
      data: { destinationId: newId('whk'), organizationId },
    }
    return [
      job.data.destinationId,
      { ...createTurn(job, async () => {}), waitingMs: () => waitingMs },
    ] as const
  })
}

const organizationsOf = (jobs: Awaited<ReturnType<ReturnType<typeof createSlots>['fetch']>>) =>
  Object.fromEntries(
    Map.groupBy(jobs, ({ data }) => data.organizationId!)
      .entries()
      .map(([id, all]) => [id, all.length]),
  )

test('an organization with a long queue leaves half of the slots to those that came later', async () => {
  const { slots, enqueue } = await openSlots()
  await enqueue('hostile', 1_000)
  await enqueue('first', 60)
  await enqueue('second', 1)
  expect(organizationsOf(await slots.fetch())).toEqual({ hostile: 100, first: 60, second: 1 })
  expect(slots.areScarce()).toBe(true)
})

test('an organization alone gets all slots by and by', async () => {
  const { slots, enqueue } = await openSlots()
  await enqueue('alone', 30)
  expect(await slots.fetch()).toHaveLength(30)
  expect(slots.areScarce()).toBe(false)
})

test.each([
  { working: 199, waiting: 500, fetched: 8 },
  { working: 1_000, waiting: 0, fetched: 8 },
  { working: 0, waiting: 2_000, fetched: 0 },
])(
  'with $working turns that work and $waiting that wait, $fetched of another organization begin',
  async ({ working, waiting, fetched }) => {
    const { slots, enqueue } = await openSlots(
      new Map([...turnsOf('many', working, 0), ...turnsOf('many', waiting, 200)]),
    )
    await enqueue('other', 10)
    expect(await slots.fetch()).toHaveLength(fetched)
  },
)

test('an organization whose destinations all wait gets no more than its share of the turns', async () => {
  const { slots, enqueue } = await openSlots(new Map(turnsOf('hostile', 1_600, 5_000)))
  await enqueue('hostile', 500)
  await enqueue('other', 3)
  expect(organizationsOf(await slots.fetch())).toEqual({ other: 3 })
})

test('jobs of destinations that are being drained are not fetched for other organizations either', async () => {
  const { slots, enqueue, db } = await openSlots(new Map(turnsOf('hostile', 1_600, 5_000)))
  await enqueue('other', 1)
  await db.query(`insert into pgboss.job (name, data, group_id, group_tier, state, policy)
    select name, data, group_id, group_tier, 'active', policy from pgboss.job`)
  expect(await slots.fetch()).toEqual([])
})
