import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import { graphql } from '../../../src/generated/graphql/gql.ts'
import { publishTodos, todoNumber } from '../../helpers/delivery-operations.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

/** Requests to one destination at a time. */
const AT_ONCE = 16
const COUNT = 50

const GetStarts = graphql(`
  query TestGetStarts($id: ID!) {
    destination(id: $id) {
      attempts(first: 100) { nodes { attemptedAt delivery { event { data } } } }
    }
  }
`)

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/**
 * For worlds whose clock is stopped, because a turn of 5 s ends only when all its requests have been answered.
 * Requests that are made together may arrive in any order, and each answer makes room for one: so the
 * first 16 are compared as a set, and each one after them exactly.
 */
async function expectOrder(
  receiver: Awaited<ReturnType<typeof startReceiver>>,
  held: ReturnType<typeof heldAnswers>,
): Promise<void> {
  await receiver.request(AT_ONCE)
  const together = receiver.requests.slice(0, AT_ONCE).map(todoNumber)
  expect(together.sort((a, b) => a - b)).toEqual(upTo(AT_ONCE))
  for (let number = AT_ONCE + 1; number <= COUNT; number++) {
    held.release(200, 1)
    expect(todoNumber(await receiver.request(number))).toBe(number)
    expect(receiver.requests).toHaveLength(number)
  }
  held.release(200)
}

test('first attempts start in the order in which events were published one after another', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  await activeDestination(world.client, { url: receiver.url })
  for (const number of upTo(COUNT)) await publishTodo(world.client, String(number))
  await expectOrder(receiver, held)
})

test('first attempts start in the order of the inputs of one call', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  await activeDestination(world.client, { url: receiver.url })
  await publishTodos(world.client, COUNT)
  await expectOrder(receiver, held)
})

test('first attempts of a backlog start in the order of publication', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  await using receiver = await startReceiver()
  const { id } = await activeDestination(client, { url: receiver.url })
  const publisher = await world.clientFor(
    'Acme',
    undefined,
    (await world.addProcess({ worker: false })).url,
  )
  // Through two processes in turn, whose ids are not made in one sequence.
  for (const number of upTo(COUNT)) {
    await publishTodo(number % 2 ? client : publisher, String(number))
  }
  await world.addProcess()
  await receiver.request(COUNT)
  const history = async () => {
    const { destination } = await client.request(GetStarts, { id })
    return destination!.attempts.nodes.map(({ attemptedAt, delivery }) => ({
      attemptedAt,
      number: Number((delivery.event.data as { description: string }).description),
    }))
  }
  await expect.poll(async () => (await history()).length).toBe(COUNT)
  const starts = (await history()).sort((a, b) => a.number - b.number)
  const times = starts.map(({ attemptedAt }) => attemptedAt)
  expect(times).toEqual(times.toSorted())
})
