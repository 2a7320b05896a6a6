import { expect, test } from 'vitest'
import { heldAnswers } from '../../helpers/held-answers.ts'
import { addDestinations } from '../../helpers/many-destinations.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

/** More than the destinations that a process serves at once without waiting for receivers. */
const DESTINATIONS = 1_000

test('1,000 destinations that do not respond do not delay the webhook of another organization', async () => {
  await using world = await createWorld()
  const held = heldAnswers()
  await using slow = await startReceiver({ answers: [held.hold] })
  await using prompt = await startReceiver()
  await addDestinations(world, { url: slow.url, count: DESTINATIONS })
  const other = await world.clientFor('Other')
  await activeDestination(other, { url: prompt.url })

  await publishTodo(world.client, 'For a thousand')
  await publishTodo(other, 'For one')
  await prompt.request()
  expect(slow.requests.length).toBeLessThanOrEqual(DESTINATIONS)
  // The organization alone gets all its webhooks too, although none has a response yet.
  await slow.request(DESTINATIONS)
  held.release(200)
})
