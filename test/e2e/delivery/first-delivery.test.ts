import { expect, test } from 'vitest'
import { nodeSampleVerifies } from '../../helpers/guide-samples/guide-receiver.ts'
import {
  activeDestination,
  attempts,
  collectAttempts,
  publishTodo,
} from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

test('a published event is delivered signed, and its attempt is emitted live', async () => {
  await using world = await createWorld()
  await using receiver = await startReceiver()
  const destination = await activeDestination(world.client, { url: receiver.url })
  const live = attempts(world.client)
  const seen = collectAttempts(live, 1)

  const eventId = await publishTodo(world.client)
  const { body, headers } = await receiver.request()

  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'Bigmind-Webhooks/test',
    'webhook-id': eventId,
  })
  const signature = headers['x-webhook-signature'] as string
  expect(nodeSampleVerifies({ body, signature, secret: destination.secret })).toBe(true)
  expect(await seen).toMatchObject([
    { number: 1, status: 'SUCCEEDED', eventType: 'TODO_CREATED', responseCode: 200, failure: null },
  ])
  await live.return(undefined)
})
