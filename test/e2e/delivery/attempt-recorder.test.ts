import { expect, test, vi } from 'vitest'
import { findDueDeliveries } from '../../../src/delivery/due.ts'
import { createAttemptRecorder } from '../../../src/delivery/record.ts'
import type { AttemptResult } from '../../../src/delivery/record-attempts.ts'
import { UNSTORABLE_MESSAGE } from '../../../src/delivery/unstorable-result.ts'
import { publishTodos } from '../../helpers/delivery-operations.ts'
import { activate, deactivate, readDestination } from '../../helpers/destination-operations.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { SILENT } from '../../helpers/silent-log.ts'
import { createWorld, type World } from '../../helpers/world.ts'

/** Creates a destination with `count` waiting deliveries and no worker. */
async function createWaiting(world: World, count: number) {
  const { id } = await activeDestination(world.client, { url: 'https://hooks.example.com/' })
  await publishTodos(world.client, count)
  const look = await findDueDeliveries(world.app.ports, id, {
    limit: 100,
    except: [],
    numbered: false,
  })
  return { id, results: look.deliveries.map((delivery) => failure(delivery)) }
}

type Due = Awaited<ReturnType<typeof findDueDeliveries>>['deliveries'][number]

const failure = (delivery: Due): AttemptResult => ({
  deliveryId: delivery.id,
  destinationId: delivery.destinationId,
  organizationId: delivery.organizationId,
  eventType: delivery.eventType,
  attemptCount: delivery.attemptCount,
  test: false,
  outcome: {
    status: 'FAILED',
    responseCode: 500,
    responseBody: null,
    failure: { code: 'HTTP_STATUS', message: 'The receiver answered 500.' },
  },
  attemptedAt: new Date(),
  waitedMs: 0,
  durationMs: 1,
  attemptBase: delivery.attemptBase,
  retryDelay: 2,
  restartedDelay: 2,
  activation: 1,
  url: 'http://127.0.0.1:4001/never-sent',
})

const recorderOf = ({ ports }: World['app']) =>
  createAttemptRecorder({ ...ports, retryTransient: (_what, work) => work(), log: SILENT })

test('20 concurrent failures, recorded by two workers when the count is 10, are all counted and disable once', async () => {
  await using world = await createWorld({ worker: false })
  const workers = [world.app, (await world.addProcess({ worker: false })).app].map(recorderOf)
  const { id, results } = await createWaiting(world, 32)
  for (const result of results.slice(0, 10)) expect(await workers[0]!.record(result)).toBe('active')
  const before = { status: 'ACTIVE', failureCount: 10 }
  expect(await readDestination(world.client, id)).toMatchObject(before)

  const atOnce = results.slice(10, 30)
  await Promise.all(atOnce.map((result, index) => workers[index % 2]!.record(result)))
  const after = await readDestination(world.client, id)
  expect(after).toMatchObject({ status: 'DISABLED', failureCount: 30 })
  const attempts = after.deliveries.map(({ attemptCount }) => attemptCount)
  expect(attempts.filter((count) => count === 1)).toHaveLength(30)
  expect(after.deliveries.every(({ status }) => status === 'CANCELED')).toBe(true)
  expect(await workers[1]!.record(results[30]!)).toBe('inactive')
  const late = await readDestination(world.client, id)
  expect(late).toMatchObject({ failureCount: 31, disabledAt: after.disabledAt })
  const disabling = { destinationId: id, action: 'DISABLED' } as const
  expect(await world.app.ports.db.prisma.auditEntry.count({ where: disabling })).toBe(1)
})

test('the last attempt of a delivery that was retried by hand meanwhile is the first of the new schedule', async () => {
  await using world = await createWorld({ worker: false })
  const { id, results } = await createWaiting(world, 2)
  const sixth = results.map((result) => ({ ...result, attemptCount: 5, retryDelay: null }))
  const { db } = world.app.ports
  await db.query('update delivery set attempt_count = 5 where destination_id = $1', [id])
  // As deliveryRetry does while the sixth attempt is in flight.
  await db.query('update delivery set attempt_base = 5 where id = $1', [sixth[0]!.deliveryId])
  const recorder = recorderOf(world.app)
  const before = Date.now()
  await Promise.all(sixth.map((result) => recorder.record(result)))

  const { deliveries } = await readDestination(world.client, id)
  const byId = Object.fromEntries(deliveries.map((delivery) => [delivery.id, delivery]))
  const [restarted, other] = sixth.map(({ deliveryId }) => byId[deliveryId]!)
  expect(other).toMatchObject({ status: 'FAILED', attemptCount: 6, nextAttemptAt: null })
  expect(restarted).toMatchObject({ status: 'PENDING', attemptCount: 6 })
  const next = Date.parse(restarted!.nextAttemptAt!)
  expect(next).toBeGreaterThanOrEqual(before + 2_000)
  expect(next).toBeLessThanOrEqual(Date.now() + 2_000)
})

test('a result that is recorded repeatedly is stored and counted once', async () => {
  await using world = await createWorld({ worker: false })
  const workers = [world.app, (await world.addProcess({ worker: false })).app].map(recorderOf)
  const { id, results } = await createWaiting(world, 3)
  const repeated = [...results, ...results, ...results]
  await Promise.all(repeated.map((result, index) => workers[index % 2]!.record(result)))
  const { failureCount, deliveries } = await readDestination(world.client, id)
  expect(failureCount).toBe(3)
  expect(deliveries.map(({ attemptCount }) => attemptCount)).toEqual([1, 1, 1])
})

/** Makes the database refuse a text, as one in another encoding than UTF-8 does with characters that it lacks. */
const REFUSE = `
create function refuse() returns trigger language plpgsql as $$
begin
  if concat(new.response_body, new.failure_message) like '%unwritable%' then
    raise exception 'no equivalent in encoding' using errcode = '22P05';
  end if;
  return new;
end $$;
create trigger refuse before insert on delivery_attempt for each row execute function refuse()`

/** Of a success its body, of a failure its body, of a failure its message. */
const UNWRITABLE: (() => Partial<AttemptResult>)[] = [
  () => ({ outcome: { status: 'SUCCEEDED', responseCode: 200, responseBody: 'unwritable' } }),
  () => ({
    outcome: {
      status: 'FAILED',
      responseCode: 500,
      responseBody: 'unwritable',
      failure: { code: 'HTTP_STATUS', message: 'The receiver answered 500.' },
    },
  }),
  () => ({
    outcome: {
      status: 'FAILED',
      responseCode: null,
      responseBody: null,
      failure: { code: 'CONNECTION', message: 'unwritable' },
    },
  }),
]

test('a result that the database refuses is recorded without the refused values, and the others completely', async () => {
  await using world = await createWorld({ worker: false })
  const { id, results } = await createWaiting(world, 12)
  await world.app.ports.db.query(REFUSE)
  const recorder = recorderOf(world.app)
  const whole = results.map(
    (result, index): AttemptResult => ({
      ...result,
      outcome: { ...result.outcome, responseBody: `answer ${index}` },
    }),
  )
  const given = whole.map((result, index) => ({ ...result, ...UNWRITABLE[index]?.() }))
  await Promise.all(given.map((result) => recorder.record(result)))

  const rows = await world.app.ports.db.query<{ delivery: string; body: string; message: string }>(
    `select delivery_id as delivery, response_body as body, failure_message as message from delivery_attempt
    order by delivery_id`,
  )
  const [success, failed, unreachable, ...others] = results.map(
    ({ deliveryId }) => rows.find(({ delivery }) => delivery === deliveryId)!,
  )
  expect(success).toMatchObject({ body: null })
  expect(failed).toMatchObject({ body: null, message: 'The receiver answered 500.' })
  expect(unreachable).toMatchObject({ body: null, message: UNSTORABLE_MESSAGE })
  expect(others.map(({ body }) => body)).toEqual(
    whole.slice(3).map(({ outcome }) => outcome.responseBody),
  )
  expect(await readDestination(world.client, id)).toMatchObject({ failureCount: 11 })
})

test('failures of a worker that was frozen during a new activation are recorded and not counted', async () => {
  await using world = await createWorld({ worker: false })
  const [frozen, awake] = [world.app, (await world.addProcess({ worker: false })).app].map(
    recorderOf,
  )
  const { id, results } = await createWaiting(world, 20)
  await deactivate(world.client, id)
  await activate(world.client, id)
  await Promise.all(results.map((result) => frozen!.record(result)))
  const after = await readDestination(world.client, id)
  expect(after).toMatchObject({ status: 'ACTIVE', failureCount: 0 })
  expect(after.deliveries.map(({ attemptCount }) => attemptCount)).toEqual(Array(20).fill(1))

  await publishTodos(world.client, 1)
  const { deliveries } = await findDueDeliveries(world.app.ports, id, {
    limit: 9,
    except: [],
    numbered: false,
  })
  await awake!.record({ ...failure(deliveries[0]!), activation: deliveries[0]!.activation })
  expect(await readDestination(world.client, id)).toMatchObject({ failureCount: 1 })
})

/** Ends the first transaction that disables a destination as it commits, like the victim of a deadlock. */
const LOSE_ONCE = `
create sequence commits;
create function lose_once() returns trigger language plpgsql as $$
begin
  if new.action = 'DISABLED' and nextval('commits') = 1 then
    raise exception 'deadlock detected' using errcode = '40P01';
  end if;
  return new;
end $$;
create constraint trigger lose_once after insert on audit_entry deferrable initially deferred
  for each row execute function lose_once()`

test('deliveries that a repeated transaction canceled are counted once', async () => {
  await using world = await createWorld({ worker: false })
  const { id, results } = await createWaiting(world, 20)
  await world.app.ports.db.query(LOSE_ONCE)
  const ended = vi.spyOn(world.app.ports.metrics, 'ended')
  const recorder = recorderOf(world.app)
  await Promise.all(results.slice(0, 15).map((result) => recorder.record(result)))

  const { deliveries, status } = await readDestination(world.client, id)
  expect(status).toBe('DISABLED')
  expect(deliveries.map((delivery) => delivery.status)).toEqual(Array(20).fill('CANCELED'))
  const counted = ended.mock.calls.reduce((sum, [, count]) => sum + count, 0)
  expect(counted).toBe(20)
})
