import { expect, test } from 'vitest'
import { SERVICE } from '../../../src/audit/append.ts'
import { type DueDelivery, findDueDeliveries } from '../../../src/delivery/due.ts'
import { createAttemptRecorder } from '../../../src/delivery/record.ts'
import type { AttemptResult } from '../../../src/delivery/record-attempts.ts'
import { FAILURE_LIMIT } from '../../../src/domain/destination.ts'
import type { Outcome } from '../../../src/domain/outcome.ts'
import { retryDelivery } from '../../../src/publishing/resend.ts'
import { eraseEvent } from '../../../src/retention/erasure.ts'
import type { Database, Sql } from '../../../src/storage/database.ts'
import { newId } from '../../../src/storage/ids.ts'
import type { RetryTransient } from '../../../src/storage/transient-retry.ts'
import { countDeliveries } from '../../helpers/backlog.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { SILENT } from '../../helpers/silent-log.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const NOWHERE = 'http://127.0.0.1:4001/never-sent'

const SUCCEEDED: Outcome = { status: 'SUCCEEDED', responseCode: 200, responseBody: 'private' }
const FAILED: Outcome = {
  status: 'FAILED',
  responseCode: 500,
  responseBody: 'private',
  failure: { code: 'HTTP_STATUS', message: 'It answered 500.' },
}

const resultOf = (delivery: DueDelivery, outcome: Outcome): AttemptResult => ({
  ...delivery,
  deliveryId: delivery.id,
  outcome,
  attemptedAt: new Date(),
  durationMs: 1,
  waitedMs: 0,
  retryDelay: 2,
  restartedDelay: 2,
  activation: 1,
  url: 'http://127.0.0.1:4001/never-sent',
})

/** Writes the results in one commit. */
function recordAll(world: World, db: Database, results: readonly AttemptResult[]) {
  const retryTransient: RetryTransient = (_what, work) => work()
  const recorder = createAttemptRecorder({ ...world.app.ports, db, retryTransient, log: SILENT })
  return Promise.all(results.map((result) => recorder.record(result)))
}

async function dueOf({ app }: World, destinationId: string): Promise<DueDelivery[]> {
  const all = { limit: 10, except: [], numbered: false }
  return (await findDueDeliveries(app.ports, destinationId, all)).deliveries
}

/** An event with one delivery that is about to be sent, and the answer that will come. */
async function createSending(world: World) {
  const { db } = world.app.ports
  const { id: destinationId } = await activeDestination(world.client, { url: NOWHERE })
  const eventId = await publishTodo(world.client)
  const delivery = (await dueOf(world, destinationId))[0]!
  const record = (by: Database) => recordAll(world, by, [resultOf(delivery, SUCCEEDED)])
  const erase = (by: Database) =>
    eraseEvent({ db: by, newId }, { eventId, organizationId: world.organizationId, actor: SERVICE })
  const retry = (by: Database) =>
    retryDelivery({ ...world.app.ports, db: by }, world.organizationId, delivery.id)
  return { db, destinationId, record, erase, retry }
}

/** A database whose transactions and statements have done their work, but commit only when they are let go. */
function heldOpen(db: Database) {
  const done = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const transaction = <Result>(work: (tx: Sql) => Promise<Result>) =>
    db.transaction(async (tx) => {
      const result = await work(tx)
      done.resolve()
      await gate.promise
      return result
    })
  const held: Database = {
    ...db,
    transaction,
    query: (text, values) => transaction((tx) => tx.query(text, values)),
  }
  return { db: held, done: done.promise, letGo: gate.resolve }
}

/** Resolves when a transaction waits for another one. */
const somebodyWaits = (db: Database) =>
  expect
    .poll(
      () =>
        db.query(
          `select pid from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`,
        ),
      { interval: 5 },
    )
    .toHaveLength(1)

/** Runs one thing up to its commit, then another one until it waits for the first, then lets the first commit. */
async function interleave<First, Second>(
  db: Database,
  first: (by: Database) => Promise<First>,
  second: (by: Database) => Promise<Second>,
): Promise<PromiseSettledResult<First | Second>[]> {
  const held = heldOpen(db)
  const one = first(held.db)
  await held.done
  const other = second(db)
  other.catch(() => {})
  await somebodyWaits(db)
  held.letGo()
  return Promise.allSettled([one, other])
}

const attempts = (db: Database) =>
  db.query('select number, response_code as code, response_body as body from delivery_attempt')

const EXPECTED = [{ number: 1, code: 200, body: null }]

test('a response that is recorded during the erasure of its event is not stored', async () => {
  await using world = await createWorld({ worker: false })
  const { db, destinationId, record, erase } = await createSending(world)
  await interleave(db, erase, record)
  expect(await attempts(db)).toEqual(EXPECTED)
  expect(await countDeliveries(world, destinationId)).toEqual({ SUCCEEDED: 1 })
})

test('a response whose transaction was open when the erasure began is erased', async () => {
  await using world = await createWorld({ worker: false })
  const { db, destinationId, record, erase } = await createSending(world)
  await interleave(db, record, erase)
  expect(await attempts(db)).toEqual(EXPECTED)
  expect(await countDeliveries(world, destinationId)).toEqual({ SUCCEEDED: 1 })
})

test('a retry during an erasure is refused', async () => {
  await using world = await createWorld({ worker: false })
  const { db, destinationId, record, erase, retry } = await createSending(world)
  await record(db)
  const [, retried] = await interleave(db, erase, retry)
  expect(retried).toMatchObject({ status: 'rejected', reason: { name: 'EventErasedError' } })
  expect(await countDeliveries(world, destinationId)).toEqual({ SUCCEEDED: 1 })
})

test('a retry whose transaction was open when the erasure began is canceled', async () => {
  await using world = await createWorld({ worker: false })
  const { db, destinationId, record, erase, retry } = await createSending(world)
  await record(db)
  const [retried] = await interleave(db, retry, erase)
  expect(retried).toMatchObject({ status: 'fulfilled' })
  expect(await countDeliveries(world, destinationId)).toEqual({ CANCELED: 1 })
})

/** A database that counts runs of transactions, and whose first one stops behind a statement until it is let go. */
function stoppingBehind(db: Database, words: string) {
  const reached = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  let runs = 0
  const stopping = (tx: Sql): Sql => ({
    async query<Row>(text: string, values?: readonly unknown[]) {
      const rows = await tx.query<Row>(text, values)
      if (text.includes(words)) {
        reached.resolve()
        await gate.promise
      }
      return rows
    },
  })
  const held: Database = {
    ...db,
    transaction: (work) =>
      db.transaction((tx) => {
        runs += 1
        return work(stopping(tx))
      }),
  }
  return { db: held, reached: reached.promise, letGo: gate.resolve, runs: () => runs }
}

test('an erasure and a disabling that deadlock both succeed, one of them after a retry', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const { db } = world.app.ports
  const failing = await activeDestination(client, { url: NOWHERE })
  const other = await activeDestination(client, { url: NOWHERE })
  await publishTodo(client)
  const eventId = await publishTodo(client)
  await db.query('update destination set failure_count = $2 where id = $1', [
    failing.id,
    FAILURE_LIMIT - 1,
  ])
  const [earlier, waiting] = await dueOf(world, failing.id)
  const sent = (await dueOf(world, other.id))[1]!
  expect([waiting!.eventId, sent.eventId]).toEqual([eventId, eventId])
  expect(waiting!.id < sent.id).toBe(true)

  // The recorder holds the delivery that was sent, and is about to cancel the one that waits.
  const held = stoppingBehind(db, 'into delivery_attempt')
  const recorded = recordAll(world, held.db, [resultOf(earlier!, FAILED), resultOf(sent, FAILED)])
  await held.reached
  // The erasure takes the one that waits, and comes to the one that was sent.
  const erased = eraseEvent(
    { db: held.db, newId },
    { eventId, organizationId: world.organizationId, actor: SERVICE },
  )
  await somebodyWaits(db)
  held.letGo()

  await Promise.all([recorded, erased])
  expect(held.runs()).toBeGreaterThanOrEqual(3)
  expect(await countDeliveries(world, failing.id)).toEqual({ CANCELED: 2 })
  expect(await countDeliveries(world, other.id)).toEqual({ PENDING: 1, CANCELED: 1 })
  expect(await db.query('select response_body as body from delivery_attempt order by id')).toEqual([
    { body: 'private' },
    { body: null },
  ])
})
