import { expect, test } from 'vitest'
import type { GraphqlClient } from '../../../src/cli/graphql-client.ts'
import { isFull } from '../../faults/extent.ts'
import { deliveriesOf, publishTodos } from '../../helpers/deliveries.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { type Receiver, startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

const EVENTS = 100

/** Publishes to all, and waits until the healthy ones have everything. @returns the 99th percentile of their waits, in ms */
async function p99(client: GraphqlClient, healthy: readonly Receiver[]): Promise<number> {
  const before = healthy[0]!.requests.length
  const start = performance.now()
  await publishTodos(client, EVENTS)
  await Promise.all(healthy.map((receiver) => receiver.request(before + EVENTS)))
  const waits = healthy
    .flatMap(({ requests }) => requests.slice(before))
    .map(({ receivedAt }) => receivedAt - start)
    .sort((a, b) => a - b)
  return waits[Math.floor(waits.length * 0.99)]!
}

test('a destination that hangs does not delay the four others', async () => {
  await using world = await createWorld(isFull ? { timeoutMs: 5_000 } : {})
  await using stack = new AsyncDisposableStack()
  const healthy: Receiver[] = []
  for (let number = 1; number <= 4; number += 1) {
    const receiver = stack.use(await startReceiver())
    await activeDestination(world.client, { url: receiver.url })
    healthy.push(receiver)
  }
  await p99(world.client, healthy)
  const alone = await p99(world.client, healthy)
  const hanging = stack.use(await startReceiver({ answers: [() => {}] }))
  const { id } = await activeDestination(world.client, { url: hanging.url })

  const beside = await p99(world.client, healthy)

  // Everything has arrived elsewhere while the hanging one still keeps its very first attempts waiting.
  const waiting = await deliveriesOf(world.client, id)
  expect(waiting.map(({ status, attemptCount }) => `${status} ${attemptCount}`)).toEqual(
    Array.from({ length: EVENTS }, () => 'PENDING 0'),
  )
  expect(hanging.requests).toHaveLength(16)
  // A fifth destination is a fifth more to write. Only an otherwise idle machine can show the rest.
  if (isFull) expect(beside).toBeLessThan(2 * alone + 200)
})
