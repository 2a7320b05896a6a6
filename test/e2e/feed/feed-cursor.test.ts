import { expect, test } from 'vitest'
import type { GraphqlClient } from '../../../src/cli/graphql-client.ts'
import { createCursorSeal } from '../../../src/feed/cursor-seal.ts'
import { graphql } from '../../../src/generated/graphql/gql.ts'
import { attemptLog, startAttemptWriter } from '../../helpers/attempt-writer.ts'
import { DeleteDestination } from '../../helpers/destination-operations.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const CursorsOf = graphql(`
  query TestCursorsOf($id: ID!) {
    destination(id: $id) { attempts(first: 100) { nodes { id cursor } } }
  }
`)

const AttemptsAfter = graphql(`
  subscription TestAttemptsAfter($after: ID) {
    deliveryAttempted(after: $after) { id cursor }
  }
`)

/** The next attempts after a place. */
async function read(client: GraphqlClient, after: string, count: number) {
  const attempts = []
  for await (const { deliveryAttempted } of client.subscribe(AttemptsAfter, { after })) {
    if (attempts.push(deliveryAttempted) === count) break
  }
  return attempts
}

/** The attempts of a destination, oldest first. */
async function listed(client: GraphqlClient, id: string) {
  const { destination } = await client.request(CursorsOf, { id })
  return destination!.attempts.nodes.reverse()
}

const refusalOf = (reading: Promise<unknown>) =>
  reading.then(
    () => expect.fail('It was not refused.'),
    (thrown) => ('errors' in thrown ? thrown.errors[0] : [thrown].flat()[0]),
  )

/** Two destinations whose attempts alternate. */
async function alternating(world: World) {
  const one = await startAttemptWriter(world)
  const other = await startAttemptWriter(world)
  for (let count = 0; count < 4; count += 1) {
    await one.record(2)
    await other.record(2)
  }
  return {
    one,
    async [Symbol.asyncDispose]() {
      await one[Symbol.asyncDispose]()
      await other[Symbol.asyncDispose]()
    },
  }
}

test('lists and the feed give an attempt the same cursor', async () => {
  await using world = await createWorld({ worker: false })
  await using writer = await startAttemptWriter(world)
  await writer.record(3)
  const [first, ...rest] = await listed(world.client, writer.destinationId)
  expect(await read(world.client, first!.cursor, 2)).toEqual(rest)
})

test('the feed resumes after the cursor and the id of an attempt whose destination was deleted', async () => {
  await using world = await createWorld({ worker: false })
  await using writers = await alternating(world)
  const order = await attemptLog(world)
  const gone = await listed(world.client, writers.one.destinationId)
  await world.client.request(DeleteDestination, { id: writers.one.destinationId })
  const left = await attemptLog(world)
  expect(left).toHaveLength(8)

  for (const { id, cursor } of gone) {
    const expected = left.filter((one) => order.indexOf(one) > order.indexOf(id))
    for (const after of [cursor, id]) {
      const seen = await read(world.client, after, expected.length)
      expect(seen.map((one) => one.id)).toEqual(expected)
    }
  }
})

test('the id of a deleted attempt is refused for another organization, and if it was older than a day', async () => {
  await using world = await createWorld({ worker: false })
  const stranger = await world.clientFor('Globex')
  await using writer = await startAttemptWriter(world)
  const [old, young] = await writer.record(2)
  await world.app.ports.db.query(
    `update delivery_attempt set attempted_at = now() - interval '25 hours' where id = $1`,
    [old],
  )
  await world.client.request(DeleteDestination, { id: writer.destinationId })

  const refusals = await Promise.all([
    refusalOf(read(world.client, old!, 1)),
    refusalOf(read(stranger, young!, 1)),
  ])
  for (const { extensions, message } of refusals) {
    expect(extensions.code).toBe('BAD_USER_INPUT')
    expect(message).toMatch(/their cursors stay valid/)
  }
})

test('cursors of another organization, of none and of another key are refused with advice', async () => {
  await using world = await createWorld({ worker: false })
  const stranger = await world.clientFor('Globex')
  await using writer = await startAttemptWriter(world)
  await writer.record(1)
  const [attempt] = await listed(world.client, writer.destinationId)
  const { cursor } = attempt!
  const otherKey = createCursorSeal([{ id: 'test', key: Buffer.alloc(32) }])
  const madeUp = otherKey.seal(`1 ${attempt!.id}`, world.organizationId)
  const refusals = [
    read(stranger, cursor, 1),
    read(stranger, attempt!.id, 1),
    ...[madeUp, `${cursor.slice(0, -3)}AAA`, 'c1.', 'c1.AAAA', '\0', 'nonsense'].map((after) =>
      read(world.client, after, 1),
    ),
  ]
  for (const error of await Promise.all(refusals.map(refusalOf))) {
    expect(error.extensions.code).toBe('BAD_USER_INPUT')
    expect(error.message).toMatch(/cursor.*Subscribe without it.*Destination\.attempts/)
  }
})

test('in a database that was restored from a backup, cursors of attempts that it lacks are refused', async () => {
  await using world = await createWorld({ worker: false })
  await using writer = await startAttemptWriter(world)
  await writer.record(2)
  const { db, cursorSeal, newId, lowestId } = world.app.ports
  const [last] = await db.query<{ number: string }>(
    'select max(recorded_in::text::bigint)::text as number from delivery_attempt',
  )
  const cursorAt = (number: bigint, id: string) =>
    cursorSeal.seal(`${number} ${id}`, world.organizationId)
  const number = BigInt(last!.number)
  const toCome = cursorAt(number + 1_000_000n, newId('att'))
  const givenAgain = cursorAt(number + 1n, lowestId('att', new Date('2020-01-01')))
  for (const after of [toCome, givenAgain]) {
    const { extensions } = await refusalOf(read(world.client, after, 1))
    expect(extensions.code).toBe('BAD_USER_INPUT')
  }
  const [known] = await attemptLog(world)
  const renumbered = cursorAt(number + 1_000_000n, known!)
  expect(await read(world.client, renumbered, 1)).toHaveLength(1)
})
