import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import { deliveryOf, deliveryStands } from '../../helpers/delivery-operations.ts'
import { readDestination } from '../../helpers/destination-operations.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { type Answer, startReceiver } from '../../helpers/receiver.ts'
import { createWorld, type World } from '../../helpers/world.ts'

/** Publishes one event to a receiver with these answers. @returns the delivery after its first attempt */
async function deliver({ client }: World, answer: Answer) {
  await using receiver = await startReceiver({ answers: [answer] })
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodo(client)
  const delivery = deliveryOf(await receiver.request())
  const after = await deliveryStands(client, delivery, { attemptCount: 1 })
  const { failureCount } = await readDestination(client, id)
  expect(receiver.requests).toHaveLength(1)
  return { ...after, failureCount }
}

test.each([200, 204, 299])(
  'a response with the status %i ends the delivery as SUCCEEDED',
  async (status) => {
    await using world = await createWorld({ clock: new TestClock() })
    expect(await deliver(world, status)).toMatchObject({
      status: 'SUCCEEDED',
      nextAttemptAt: null,
      completedAt: expect.any(String),
      failureCount: 0,
      attempts: [{ status: 'SUCCEEDED', responseCode: status, failure: null }],
    })
  },
)

test.each([
  [301, 'REDIRECT'],
  [304, 'REDIRECT'],
  [400, 'HTTP_STATUS'],
  [410, 'HTTP_STATUS'],
  [429, 'HTTP_STATUS'],
  [500, 'HTTP_STATUS'],
] as const)(
  'a response with the status %i is a failure with the code %s, which is retried',
  async (status, code) => {
    await using world = await createWorld({ clock: new TestClock() })
    expect(await deliver(world, status)).toMatchObject({
      status: 'PENDING',
      nextAttemptAt: expect.any(String),
      completedAt: null,
      failureCount: 1,
      attempts: [{ status: 'FAILED', responseCode: status, failure: { code } }],
    })
  },
)

test('a redirect is not followed', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  await using elsewhere = await startReceiver()
  const redirect = { status: 307, headers: { location: elsewhere.url } }
  const { attempts } = await deliver(world, redirect)
  expect(attempts).toMatchObject([{ responseCode: 307, failure: { code: 'REDIRECT' } }])
  expect(elsewhere.connections).toBe(0)
})

test('the response body is stored with the attempt, up to 4 KiB', async () => {
  await using world = await createWorld({ clock: new TestClock() })
  const body = 'é'.repeat(3000)
  const { attempts } = await deliver(world, { status: 422, body })
  expect(attempts).toMatchObject([{ responseCode: 422, responseBody: 'é'.repeat(2048) }])
})
