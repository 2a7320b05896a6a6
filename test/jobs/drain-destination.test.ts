import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { newId } from '../../src/adapters/ids.ts'
import { systemClock } from '../../src/adapters/system-clock.ts'
import { createPace } from '../../src/domain/pace.ts'
import { drainDestination } from '../../src/jobs/drain-destination.ts'
import { createAttemptRecorder } from '../../src/services/attempt-recorder.ts'
import type { Clock, DrainTurn } from '../../src/services/ports.ts'
import { activeDestination } from '../helpers/operations.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { startClient } from '../helpers/webhook-client.ts'
import { createWorld, SILENT, type World } from '../helpers/world.ts'

/** A turn that nobody wakes and nobody ends. */
const quietTurn = (destinationId: string): DrainTurn => ({
  destinationId,
  signal: new AbortController().signal,
  wakeups: () => 0,
  awake: (_seen, otherwise) => otherwise(),
})

/** Runs one drain; `onPause` comes before each pause that it makes between looks. */
async function drain(world: World, destinationId: string, onPause: () => Promise<void>) {
  const { db, metrics, queue, secrets, tracing } = world.app.ports
  await using sender = startClient()
  const recorder = createAttemptRecorder({
    db,
    queue,
    newId,
    metrics,
    persist: (_what, work) => work(),
    log: SILENT,
  })
  const clock: Clock = {
    ...systemClock,
    setTimeout: (work, milliseconds) =>
      void onPause().then(() => systemClock.setTimeout(work, milliseconds)),
  }
  return await drainDestination(
    { db, secrets, recorder, sender, clock, tracing, pace: createPace(8, setImmediate) },
    quietTurn(destinationId),
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

test('a publication that commits after the last look, when its wake-up was taken, is still sent in this turn', async () => {
  await using world = await createWorld({ worker: false })
  await using receiver = await startReceiver()
  const { id } = await activeDestination(world.client, { url: receiver.url })
  const publication = await openPublication(world, id)
  let pauses = 0

  const end = await drain(world, id, async () => {
    pauses += 1
    if (pauses === 1) await publication.query('commit')
  })

  expect(end).toBe('done')
  expect(receiver.requests).toHaveLength(1)
})

test('a transaction that stays open holds a turn up for a moment only', async () => {
  await using world = await createWorld({ worker: false })
  await using receiver = await startReceiver()
  const { id } = await activeDestination(world.client, { url: receiver.url })
  const publication = await openPublication(world, id)
  let pauses = 0

  const end = await drain(world, id, async () => {
    pauses += 1
  })
  await publication.query('rollback')

  expect(end).toBe('done')
  expect(pauses).toBe(20)
})
