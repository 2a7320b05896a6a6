import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { type Clock, systemClock } from '../../../src/concurrency/clock.ts'
import { createPace } from '../../../src/concurrency/pace.ts'
import { createShares } from '../../../src/concurrency/shares.ts'
import { drainDestination } from '../../../src/delivery/drain.ts'
import { createAttemptRecorder } from '../../../src/delivery/record.ts'
import type { DrainTurn } from '../../../src/delivery/turns/turn.ts'
import { newId } from '../../../src/storage/ids.ts'
import { addBacklog } from '../../helpers/backlog.ts'
import { deliveryOf, SendTest } from '../../helpers/delivery-operations.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { SILENT } from '../../helpers/silent-log.ts'
import { startClient } from '../../helpers/webhook-client.ts'
import { createWorld, type World } from '../../helpers/world.ts'

/** Returns a turn that is neither woken nor ended. */
const quietTurn = (destinationId: string): DrainTurn => ({
  destinationId,
  organizationId: 'org_test',
  signal: new AbortController().signal,
  wakeups: () => 0,
  awaitWakeup: (_seen, otherwise) => otherwise(),
  urgentWakeups: () => 0,
  awaitUrgentWakeup: (_seen, otherwise) => otherwise(),
  wait: (promise) => promise,
  confirmJob: async () => {},
})

/** Runs one drain; `onPause` comes before each pause that it makes between looks. */
async function drain(
  world: World,
  turn: DrainTurn,
  {
    onPause = async () => {},
    now = systemClock.now,
  }: { onPause?(): Promise<void>; now?(): number },
) {
  const { db, metrics, queue, secrets, tracing } = world.app.ports
  await using sender = startClient({ timeoutMs: 60_000 })
  const recorder = createAttemptRecorder({
    db,
    queue,
    newId,
    metrics,
    retryTransient: (_what, work) => work(),
    log: SILENT,
  })
  const clock: Clock = {
    ...systemClock,
    now,
    setTimeout: (work, milliseconds) =>
      void onPause().then(() => systemClock.setTimeout(work, milliseconds)),
  }
  return await drainDestination(
    {
      db,
      secrets,
      recorder,
      sender,
      clock,
      tracing,
      pace: createPace(8, setImmediate),
      memory: createShares(96_000_000),
    },
    turn,
  )
}

/** A publication of one event that is written but not committed. */
async function openPublication(world: World, destinationId: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: world.databaseUrl })
  await client.connect()
  onTestFinished(() => client.end())
  const event = newId('evt')
  await client.query('begin')
  await client.query(
    `insert into event (id, organization_id, type, data, relations, timestamp)
    values ($1, $2, 'todo_created', '{}', '{}', now())`,
    [event, world.organizationId],
  )
  await client.query(
    `insert into delivery (id, event_id, destination_id, status, due_at)
    values ($1, $2, $3, 'PENDING', now())`,
    [newId('dlv'), event, destinationId],
  )
  return client
}

test('a publication that commits after the last query, with its wake-up consumed, is sent in the same drain', async () => {
  await using world = await createWorld({ worker: false })
  await using receiver = await startReceiver()
  const { id } = await activeDestination(world.client, { url: receiver.url })
  const publication = await openPublication(world, id)
  let pauses = 0

  const onPause = async () => {
    pauses += 1
    if (pauses === 1) await publication.query('commit')
  }
  const end = await drain(world, quietTurn(id), { onPause })

  expect(end).toBe('done')
  expect(receiver.requests).toHaveLength(1)
})

test('an open transaction delays a drain only briefly', async () => {
  await using world = await createWorld({ worker: false })
  await using receiver = await startReceiver()
  const { id } = await activeDestination(world.client, { url: receiver.url })
  const publication = await openPublication(world, id)
  let pauses = 0

  const onPause = async () => {
    pauses += 1
  }
  const end = await drain(world, quietTurn(id), { onPause })
  await publication.query('rollback')

  expect(end).toBe('done')
  expect(pauses).toBe(20)
})

/** A turn whose destination gets test sends, which wake it as a worker's turn is woken. */
function urgentTurn(world: World, destinationId: string) {
  let urgent = 0
  let wake = Promise.withResolvers<void>()
  let waits = Promise.withResolvers<void>()
  const turn: DrainTurn = {
    ...quietTurn(destinationId),
    urgentWakeups: () => urgent,
    async awaitUrgentWakeup(seen, otherwise) {
      if (urgent > seen) return
      const end = Promise.race([wake.promise, otherwise()])
      if (urgent > 0) waits.resolve()
      await end
    },
  }
  return {
    turn,
    async sendTest() {
      await world.client.request(SendTest, { id: destinationId, event: 'EMAIL_SENT' })
      waits = Promise.withResolvers()
      urgent += 1
      wake.resolve()
      wake = Promise.withResolvers()
    },
    /** Resolves when the drain has queried the last test send, and waits. */
    waits: () => waits.promise,
  }
}

const testSends = ({ requests }: Awaited<ReturnType<typeof startReceiver>>) =>
  requests.filter(({ body }) => body.includes('email_sent'))

test('at its time limit a drain sends only urgent deliveries until the attempts in flight end', async () => {
  await using world = await createWorld({ worker: false })
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(world.client, { url: receiver.url })
  await addBacklog(world, id, 20)
  let passed = 0
  const { turn, sendTest } = urgentTurn(world, id)
  const draining = drain(world, turn, { now: () => systemClock.now() + passed })
  await receiver.request(16)
  passed = 60_000
  held.release(200, 1)
  await sendTest()
  await receiver.request(17)
  held.release(200)
  expect(await draining).toBe('more')
  const { length } = testSends(receiver)
  expect([receiver.requests.length - length, length]).toEqual([16, 1])
})

test('a drain ends when the clock is set back, because its duration is unknown', async () => {
  await using world = await createWorld({ worker: false })
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(world.client, { url: receiver.url })
  await addBacklog(world, id, 20)
  let passed = 0
  const draining = drain(world, quietTurn(id), { now: () => systemClock.now() + passed })
  await receiver.request(16)
  passed = -3_600_000
  held.release(200)

  expect(await draining).toBe('more')
  expect(receiver.requests).toHaveLength(16)
})

test('continuous urgent deliveries do not prolong a drain, and the next drain sends the others', async () => {
  await using world = await createWorld({ worker: false })
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(world.client, { url: receiver.url })
  await addBacklog(world, id, 20)
  let passed = 0
  const { turn, sendTest } = urgentTurn(world, id)
  const draining = drain(world, turn, { now: () => systemClock.now() + passed })
  await receiver.request(16)
  passed = 6_000
  held.release(200, 1)
  await sendTest()
  await receiver.request(17)
  passed = 12_000
  await sendTest()
  held.release(200)

  expect(await draining).toBe('more')
  expect(testSends(receiver)).toHaveLength(1)
})

test('an urgent delivery gets the next free slot', async () => {
  await using world = await createWorld({ worker: false })
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(world.client, { url: receiver.url })
  await addBacklog(world, id, 20)
  let passed = 0
  const { turn, sendTest, waits } = urgentTurn(world, id)
  const draining = drain(world, turn, { now: () => systemClock.now() + passed })
  await receiver.request(16)
  await sendTest()
  await receiver.request(17)
  await sendTest()
  await waits()
  // Deliveries that were read before are too old to be sent, and are read again.
  passed = 1_000
  held.release(200, 1)
  await receiver.request(18)
  expect(testSends(receiver)).toHaveLength(2)
  receiver.answerWith(200)
  held.release(200)
  await draining
})

test('a drain whose first result was recorded by another worker confirms its job before it sends more', async () => {
  await using world = await createWorld({ worker: false })
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(world.client, { url: receiver.url })
  await addBacklog(world, id, 20)
  const lost = new AbortController()
  const asked = Promise.withResolvers<void>()
  const known = Promise.withResolvers<void>()
  const turn: DrainTurn = {
    ...quietTurn(id),
    signal: lost.signal,
    confirmJob() {
      asked.resolve()
      return known.promise
    },
  }
  const draining = drain(world, turn, {})
  await receiver.request(16)
  const overtaken = deliveryOf(receiver.requests[0]!)
  await world.app.ports.db.query(
    'update delivery set attempt_count = attempt_count + 1 where id = $1',
    [overtaken],
  )
  held.release(200)
  await asked.promise
  lost.abort()
  known.resolve()

  expect(await draining).toBe('more')
  expect(receiver.requests).toHaveLength(16)
})
