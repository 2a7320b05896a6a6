import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import type { GraphqlClient } from '../../../src/cli/graphql-client.ts'
import { extent, inTime } from '../../faults/extent.ts'
import { attemptLog } from '../../helpers/attempt-writer.ts'
import {
  deliveriesOf,
  latestAttempt,
  nextAttempts,
  publishTodos,
  receivedAll,
} from '../../helpers/deliveries.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { type Receiver, startReceiver } from '../../helpers/receiver.ts'
import { nextAttemptsOverSse } from '../../helpers/sse.ts'
import { createWorld } from '../../helpers/world.ts'

/** Attempts in the log of the subscriber, and how many it reads over one connection. */
const ATTEMPTS = extent({ short: 400, full: 1_000 })
const READ_AT_ONCE = Math.floor(ATTEMPTS / 20)

const ROUNDS = extent({ short: 51, full: 153 })

/** Reads attempts over a new connection for every `each` attempts, to the two APIs in turn. */
async function reconnecting(
  { start, count, each }: { start: string; count: number; each: number },
  read: (round: number, size: number, after: string) => Promise<string[]>,
): Promise<string[]> {
  const seen = [start]
  for (let round = 0; seen.length <= count; round += 1) {
    seen.push(...(await read(round, Math.min(each, count + 1 - seen.length), seen.at(-1)!)))
  }
  return seen.slice(1)
}

test(`a subscriber that reconnects 20 times between two APIs receives ${ATTEMPTS} attempts of two workers once each and in order`, async () => {
  await using world = await createWorld()
  const second = await world.addProcess()
  await using receiver = await startReceiver()
  const urls = [world.url, second.url]
  const clients = [world.client, await world.clientFor('Acme', undefined, second.url)] as const
  const stranger = await world.clientFor('Globex')
  const start = await firstAttempt(world.client, receiver)
  const strangersStart = await firstAttempt(stranger, receiver)

  const [constant, overSockets, overSse, strangers] = await Promise.all([
    nextAttempts(world.client, ATTEMPTS, start),
    reconnecting({ start, count: ATTEMPTS, each: READ_AT_ONCE }, (round, size, after) =>
      nextAttempts(clients[round % 2]!, size, after),
    ),
    reconnecting({ start, count: ATTEMPTS, each: READ_AT_ONCE }, (round, size, after) =>
      nextAttemptsOverSse({ url: urls[round % 2]!, apiKey: world.apiKey }, size, after),
    ),
    nextAttempts(stranger, ATTEMPTS / 5, strangersStart),
    publishTodos(clients[0], ATTEMPTS / 4),
    publishTodos(clients[1], ATTEMPTS / 4),
    publishTodos(stranger, ATTEMPTS / 10),
  ])

  const log = (await attemptLog(world)).slice(-ATTEMPTS)
  expect(constant).toEqual(log)
  expect(overSockets).toEqual(log)
  expect(overSse).toEqual(log)
  expect(log.filter((id) => strangers.includes(id))).toEqual([])
  expect(new Set(strangers).size).toBe(ATTEMPTS / 5)
})

/** Makes two destinations, with one attempt between the first and the second. @returns the attempt's id */
async function firstAttempt(client: GraphqlClient, { url }: Receiver): Promise<string> {
  const { id } = await activeDestination(client, { url })
  await publishTodo(client)
  const attempt = await latestAttempt(client, id)
  await activeDestination(client, { url })
  return attempt
}

test('no wake-up is lost: publications that coincide with the end or the start of a drain are sent at once', async () => {
  await using world = await createWorld()
  const second = await world.addProcess()
  await using receiver = await startReceiver()
  const clients = [world.client, await world.clientFor('Acme', undefined, second.url)] as const
  await activeDestination(world.client, { url: receiver.url })

  let published = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const count = 2 + (round % 17)
    published += count
    await Promise.all(Array.from({ length: count }, (_, lane) => publishTodo(clients[lane % 2]!)))
    // Each round begins where the drain of the one before just ends.
    await receiver.request(published)
  }

  // Whatever lost its wake-up waits for the sweep: a second until it counts as forgotten, then up to five.
  const [row] = await world.app.ports.db.query<{ late: number }>(
    `select max(extract(epoch from attempted_at - created_at))::float as late
    from delivery_attempt join delivery on delivery.id = delivery_id`,
  )
  expect(receiver.requests).toHaveLength(published)
  expect(row!.late).toBeLessThan(inTime(2))
}, 300_000)

test('after the loss of all jobs the sweep causes the waiting deliveries to be sent', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock, worker: false })
  await using receiver = await startReceiver()
  await activeDestination(world.client, { url: receiver.url })
  const eventIds = await publishTodos(world.client, 20)
  await world.app.ports.db.query('delete from pgboss.job where true')
  await world.addProcess({ clock })

  await clock.tick(5_000)

  await receivedAll(receiver, eventIds)
  expect(receiver.requests).toHaveLength(20)
})

test('a worker whose job is lost while it sends hands over to the next one, and nothing is sent twice', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(world.client, { url: receiver.url })
  const eventIds = await publishTodos(world.client, 40)
  await receiver.request(16)
  await world.app.ports.db.query('delete from pgboss.job where true')

  await clock.tick(3_000)
  await clock.tick(2_000)
  receiver.answerWith(200)
  held.release(200)

  await receivedAll(receiver, eventIds)
  await expect
    .poll(async () => (await deliveriesOf(world.client, id)).map(({ status }) => status))
    .toEqual(eventIds.map(() => 'SUCCEEDED'))
  expect(receiver.requests).toHaveLength(40)
})
