import type { ServerResponse } from 'node:http'
import { beforeAll, describe, expect, test } from 'vitest'
import type { GraphqlClient } from '../../../src/cli/graphql-client.ts'
import { inTime } from '../../faults/extent.ts'
import { trustTestAuthority } from '../../helpers/certificates.ts'
import { destinationStands, readDelivery } from '../../helpers/delivery-operations.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { drip, startRawReceiver } from '../../helpers/raw-receiver.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

beforeAll(trustTestAuthority)

/** Milliseconds that an attempt may take: the 5 s of the guide, and some for the machine. */
const LONGEST = inTime(5_250)

/** Milliseconds that a retry may be late: half a second on an idle system. */
const LATE = inTime(500)

/** The first attempt at a destination that has one delivery. */
async function firstAttempt(client: GraphqlClient, id: string) {
  const deliveries = [expect.objectContaining({ attemptCount: 1 })]
  const { deliveries: attempted } = await destinationStands(client, id, { deliveries })
  const { attempts } = await readDelivery(client, attempted[0]!.id)
  return attempts[0]!
}

describe.concurrent('in real time', () => {
  test('retries start 2 and 4 s after the end of the previous attempt', async () => {
    await using world = await createWorld()
    const ends: number[] = []
    const failing = (_request: unknown, response: ServerResponse) => {
      response.writeHead(500).end(() => ends.push(performance.now()))
    }
    await using receiver = await startReceiver({ answers: [failing] })
    await activeDestination(world.client, { url: receiver.url })
    await publishTodo(world.client)
    for (const number of [1, 2]) {
      const { receivedAt } = await receiver.request(number + 1)
      const late = receivedAt - ends[number - 1]! - 2 ** number * 1000
      expect(late).toBeGreaterThanOrEqual(0)
      expect(late).toBeLessThanOrEqual(LATE)
    }
  })

  test('every attempt ends within 5 s, and each failure has its code', async () => {
    await using world = await createWorld({ timeoutMs: 5_000 })
    const { client } = world
    await using silent = await startRawReceiver(() => {})
    await using dripping = await startRawReceiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ')
      drip(socket, () => 'a')
    })
    await using resetting = await startRawReceiver((socket) => socket.resetAndDestroy())
    await using babbling = await startRawReceiver((socket) => socket.write('SSH-2.0-OpenSSH\r\n'))
    await using pouring = await startRawReceiver((socket) => {
      socket.write('HTTP/1.1 500 Oh\r\n\r\n')
      drip(socket, () => Buffer.alloc(64 * 1024, 'x'), 1)
    })
    await using expired = await startReceiver({ certificate: 'expired' })
    await using gone = await startRawReceiver(() => {})
    await gone[Symbol.asyncDispose]()
    const codes: Record<string, string> = {
      [silent.url]: 'TIMEOUT',
      [dripping.url]: 'TIMEOUT',
      [resetting.url]: 'CONNECTION',
      [gone.url]: 'CONNECTION',
      [babbling.url]: 'BAD_RESPONSE',
      [pouring.url]: 'HTTP_STATUS',
      [expired.url]: 'TLS',
    }
    const ids = await Promise.all(
      Object.keys(codes).map(async (url) => (await activeDestination(client, { url })).id),
    )
    await publishTodo(client)
    const attempts = await Promise.all(ids.map((id) => firstAttempt(client, id)))

    expect(attempts.map(({ failure }) => failure?.code)).toEqual(Object.values(codes))
    for (const { status, durationMs, attemptedAt } of attempts) {
      expect(status).toBe('FAILED')
      expect(durationMs).toBeLessThanOrEqual(LONGEST)
      expect(Date.now() - Date.parse(attemptedAt)).toBeLessThan(2 * LONGEST)
    }
    expect(attempts[0]!.durationMs).toBeGreaterThanOrEqual(4999)
    expect(attempts[5]).toMatchObject({ responseCode: 500, responseBody: 'x'.repeat(4096) })
    expect(expired.requests).toHaveLength(0)
  })
})

test('a huge response body does not change a success', async () => {
  await using world = await createWorld()
  const body = 'x'.repeat(5e6)
  await using receiver = await startReceiver({
    certificate: 'valid',
    answers: [{ status: 200, body }],
  })
  const { id } = await activeDestination(world.client, { url: receiver.url })
  await publishTodo(world.client)
  expect(await firstAttempt(world.client, id)).toMatchObject({
    status: 'SUCCEEDED',
    responseBody: body.slice(0, 4096),
    failure: null,
  })
})
