import { expect, test } from 'vitest'
import { deliveriesOf } from '../helpers/deliveries.ts'
import { readDelivery } from '../helpers/delivery-operations.ts'
import { publishTodo } from '../helpers/operations.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { EXPRESS_WITH_DEFAULTS, JS_RECEIVERS } from './js-receivers.ts'
import { connectReceiver, publishEverything, testReceivers, WITHIN } from './test-receivers.ts'

testReceivers(JS_RECEIVERS, { acceptsOldSecret: /Standard Webhooks/ })

/** Waits until each delivery was attempted. Returns the outcomes of the first attempts, oldest first. */
async function firstAttempts({ client }: World, id: string, count: number) {
  await expect
    .poll(
      async () => (await deliveriesOf(client, id)).filter((one) => one.attemptCount > 0).length,
      WITHIN,
    )
    .toBe(count)
  const deliveries = (await deliveriesOf(client, id)).reverse()
  return Promise.all(
    deliveries.map(async (one) => (await readDelivery(client, one.id)).attempts[0]!),
  )
}

test('Express with its own limit answers 413 to 150 kB, and takes the rest', async () => {
  await using world = await createWorld()
  const { id, receiver } = await connectReceiver(world, EXPRESS_WITH_DEFAULTS)
  const count = await publishEverything(world)
  const attempts = await firstAttempts(world, id, count)
  expect(attempts.map(({ responseCode }) => responseCode)).toEqual(
    attempts.map((_, index) => (index === count - 1 ? 413 : 200)),
  )
  expect(attempts.at(-1)!.failure!.message).toMatch(
    /the body was 15\d kB; raise your server's limit \(Express: `express\.json\(\{ limit: '2mb' \}\)`\)/,
  )
  await receiver.close()
})

test('a receiver with another secret answers 401', async () => {
  await using world = await createWorld()
  const { id, receiver } = await connectReceiver(world, (options) =>
    JS_RECEIVERS["Express 5 with the guide's sample"]!({ ...options, secret: 'wsec_another' }),
  )
  await publishTodo(world.client)
  expect(await firstAttempts(world, id, 1)).toMatchObject([{ responseCode: 401 }])
  await receiver.close()
})
