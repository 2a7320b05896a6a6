import { TestClock } from 'pg-boss'
import { expect, test } from 'vitest'
import { readRowsAsText } from '../../helpers/database-text.ts'
import { deliveryOf, deliveryStands } from '../../helpers/delivery-operations.ts'
import {
  inactiveDestination,
  RotateSecret,
  readDestination,
  reveal,
  rotate,
} from '../../helpers/destination-operations.ts'
import { nodeSampleVerifies } from '../../helpers/guide-samples/guide-receiver.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { type ReceivedRequest, startReceiver } from '../../helpers/receiver.ts'
import { expectSigned, signatureOf, standardVerifies } from '../../helpers/verify-request.ts'
import { createWorld } from '../../helpers/world.ts'

const PREVIOUS = 'x-webhook-signature-previous'

function expectSignedByOne(request: ReceivedRequest, current: string, old: string): void {
  expectSigned(request, current)
  expect(standardVerifies(request, old)).toBe(false)
  expect(request.headers['webhook-signature']).toMatch(/^v1,\S+$/)
  expect(request.headers).not.toHaveProperty(PREVIOUS)
}

function expectSignedByBoth(request: ReceivedRequest, current: string, old: string): void {
  const { body, headers } = request
  expectSigned(request, current)
  expect(signatureOf(request)).toMatch(/^[0-9a-f]{64}$/)
  const signature = headers[PREVIOUS] as string
  expect(nodeSampleVerifies({ body, signature, secret: old })).toBe(true)
  expect(standardVerifies(request, old)).toBe(true)
  expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
}

test('a masked secret has the length of the secret, and revealing returns the secret', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const id = await inactiveDestination(client)
  const secret = await reveal(client, id)
  expect(secret).toMatch(/^wsec_[A-Za-z0-9]{32,}$/)
  const shown = await readDestination(client, id)
  expect(shown.secret.masked).toBe(secret.slice(0, 6) + '•'.repeat(secret.length - 6))
  expect(shown.secret.previousExpiresAt).toBeNull()
  expect(await reveal(client, id)).toBe(secret)
  expect(await reveal(client, await inactiveDestination(client))).not.toBe(secret)
})

test('after a rotation without overlap only the new secret signs', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver()
  const { id, secret: old } = await activeDestination(client, { url: receiver.url })
  await publishTodo(client)
  expectSigned(await receiver.request(), old)
  const current = await rotate(client, id)
  expect(current).toMatch(/^wsec_[A-Za-z0-9]{32,}$/)
  expect(current).not.toBe(old)
  expect(await reveal(client, id)).toBe(current)
  await publishTodo(client)
  expectSignedByOne(await receiver.request(2), current, old)
})

test('during an overlap both secrets sign, and after it only the new one', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using receiver = await startReceiver()
  const { id, secret: old } = await activeDestination(client, { url: receiver.url })
  const current = await rotate(client, id, 60)
  const expiry = new Date(clock.now() + 60_000).toISOString()
  expect((await readDestination(client, id)).secret).toMatchObject({
    masked: expect.stringContaining(current.slice(0, 6)),
    previousExpiresAt: expiry,
  })
  await publishTodo(client)
  expectSignedByBoth(await receiver.request(), current, old)
  await clock.tick(59_999)
  await publishTodo(client)
  expectSignedByBoth(await receiver.request(2), current, old)
  await clock.tick(1)
  await publishTodo(client)
  expectSignedByOne(await receiver.request(3), current, old)
  expect((await readDestination(client, id)).secret.previousExpiresAt).toBeNull()
})

test('a rotation during an overlap ends it for the oldest secret', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver()
  const { id, secret: oldest } = await activeDestination(client, { url: receiver.url })
  const old = await rotate(client, id, 60)
  const current = await rotate(client, id, 60)
  await publishTodo(client)
  const request = await receiver.request()
  expectSignedByBoth(request, current, old)
  expect(standardVerifies(request, oldest)).toBe(false)
  const newest = await rotate(client, id, 0)
  await publishTodo(client)
  expectSignedByOne(await receiver.request(2), newest, current)
})

test('a retry is signed with the secret that is current at its time', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  await using receiver = await startReceiver({ answers: [500, 200] })
  const { id, secret: old } = await activeDestination(client, { url: receiver.url })
  await publishTodo(client)
  const first = await receiver.request()
  expectSigned(first, old)
  await deliveryStands(client, deliveryOf(first), { attemptCount: 1 })
  const current = await rotate(client, id)
  await clock.tick(2010)
  expectSignedByOne(await receiver.request(2), current, old)
})

test.each([-1, 604_801])(
  'an overlap of %i seconds is refused, and the secret is not changed',
  async (seconds) => {
    await using world = await createWorld({ worker: false })
    const { client } = world
    const id = await inactiveDestination(client)
    const secret = await reveal(client, id)
    const { destinationRotateSecret } = await client.request(RotateSecret, {
      id,
      overlapSeconds: seconds,
    })
    expect(destinationRotateSecret).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['overlapSeconds'] }],
    })
    expect(await reveal(client, id)).toBe(secret)
  },
)

test('no row of the database holds a secret or an API key, in any form', async () => {
  await using world = await createWorld()
  const { client } = world
  await using receiver = await startReceiver()
  const { id, secret } = await activeDestination(client, { url: receiver.url })
  const current = await rotate(client, id, 3600)
  await publishTodo(client)
  const delivery = deliveryOf(await receiver.request())
  await deliveryStands(client, delivery, { status: 'SUCCEEDED' })
  const rows = await readRowsAsText(world.databaseUrl)
  expect(rows.some((row) => row.startsWith('public.signing_secret') && row.includes(id))).toBe(true)
  const dump = rows.join('\n')
  for (const plain of [secret, current, world.apiKey]) {
    const hidden = plain.replace(/^[a-z]+_/, '')
    for (const encoding of ['utf8', 'hex', 'base64', 'base64url'] as const) {
      for (const text of [plain, hidden]) {
        expect(dump).not.toContain(Buffer.from(text).toString(encoding).replace(/=+$/, ''))
      }
    }
  }
})
