import { TestClock } from 'pg-boss'
import { afterEach, expect, test, vi } from 'vitest'
import type { GraphqlClient } from '../../src/cli/graphql-client.ts'
import { readDestination, rotate } from '../helpers/destination-operations.ts'
import { nodeSampleVerifies } from '../helpers/guide-samples/guide-receiver.ts'
import { heldAnswers } from '../helpers/held-answers.ts'
import { activeDestination, PublishEvents, todo } from '../helpers/operations.ts'
import { type ReceivedRequest, startReceiver } from '../helpers/receiver.ts'
import { signatureOf, standardVerifies } from '../helpers/verify-request.ts'
import { createWorld } from '../helpers/world.ts'

/** 10 deliveries to each: fewer than the 16 requests in flight, and than the 15 failures that disable. */
const DESTINATIONS = 20
const EVENTS = 10
const DELIVERIES = DESTINATIONS * EVENTS

const HOUR = 3_600
const PREVIOUS = 'x-webhook-signature-previous'
/** For a request without the header: the guide's sample throws on any other length. */
const NO_SIGNATURE = '0'.repeat(64)

/** The secrets by destination. */
type Secrets = ReadonlyMap<string, string>

afterEach(() => void vi.useRealTimers())

async function publish(client: GraphqlClient): Promise<void> {
  const inputs = Array.from({ length: EVENTS }, (_, index) => ({
    event: 'TODO_CREATED' as const,
    data: todo(String(index)),
  }))
  const { eventPublishMany } = await client.request(PublishEvents, { inputs })
  expect(eventPublishMany.__typename).toBe('EventsPublished')
}

const secretFor = (request: ReceivedRequest, secrets: Secrets) =>
  secrets.get(JSON.parse(request.body).webhook_id)!

/** Counts the requests that verify with one of these secrets at the time `now`. */
function verified(requests: readonly ReceivedRequest[], secrets: Secrets, now: number) {
  vi.useFakeTimers({ toFake: ['Date'], now })
  const standard = requests.filter((one) => standardVerifies(one, secretFor(one, secrets)))
  vi.useRealTimers()
  /** By the setup guide's scheme, with the signature of one header. */
  const guide = (signature: (request: ReceivedRequest) => string | undefined) =>
    requests.filter((one) =>
      nodeSampleVerifies({
        body: one.body,
        signature: signature(one) ?? NO_SIGNATURE,
        secret: secretFor(one, secrets),
      }),
    ).length
  return {
    standard: standard.length,
    guide: guide(signatureOf),
    guidePrevious: guide(({ headers }) => headers[PREVIOUS] as string | undefined),
  }
}

test('a rotation with an overlap of 1 hour while 200 deliveries are in flight loses none, and after the hour the old secret does not sign', async () => {
  const clock = new TestClock()
  await using world = await createWorld({ clock })
  const { client } = world
  const { hold, release } = heldAnswers()
  await using receiver = await startReceiver({ answers: [hold] })
  const old = new Map<string, string>()
  for (let count = 0; count < DESTINATIONS; count += 1) {
    const { id, secret } = await activeDestination(client, { url: receiver.url })
    old.set(id, secret)
  }
  const ids = [...old.keys()]

  await publish(client)
  await receiver.request(DELIVERIES)
  const rotations = ids.map(async (id) => [id, await rotate(client, id, HOUR)] as const)
  const current = new Map(await Promise.all(rotations))
  receiver.answerWith(200)
  release(503)
  const failed = () => world.app.ports.db.prisma.deliveryAttempt.count()
  await expect.poll(failed, { interval: 10, timeout: 10_000 }).toBe(DELIVERIES)
  await clock.tick(2_010)
  await receiver.request(2 * DELIVERIES)

  const sentBefore = receiver.requests.slice(0, DELIVERIES)
  const none = { standard: 0, guide: 0, guidePrevious: 0 }
  expect(verified(sentBefore, old, clock.now())).toEqual({
    standard: DELIVERIES,
    guide: DELIVERIES,
    guidePrevious: 0,
  })
  expect(verified(sentBefore, current, clock.now())).toEqual(none)

  const during = receiver.requests.slice(DELIVERIES)
  expect(new Set(during.map(({ headers }) => headers['x-webhook-delivery'])).size).toBe(DELIVERIES)
  expect(verified(during, old, clock.now())).toEqual({
    standard: DELIVERIES,
    guide: 0,
    guidePrevious: DELIVERIES,
  })
  expect(verified(during, current, clock.now())).toEqual({
    standard: DELIVERIES,
    guide: DELIVERIES,
    guidePrevious: 0,
  })
  // The guide's sample throws on anything longer than one signature.
  expect(during.every((request) => /^[0-9a-f]{64}$/.test(signatureOf(request)))).toBe(true)

  await clock.setTime(clock.now() + HOUR * 1_000)
  await publish(client)
  await receiver.request(3 * DELIVERIES)
  const after = receiver.requests.slice(2 * DELIVERIES)
  expect(verified(after, old, clock.now())).toEqual(none)
  expect(verified(after, current, clock.now())).toEqual({
    standard: DELIVERIES,
    guide: DELIVERIES,
    guidePrevious: 0,
  })
  expect(after.some(({ headers }) => PREVIOUS in headers)).toBe(false)
  expect((await readDestination(client, ids[0]!)).secret.previousExpiresAt).toBeNull()
}, 300_000)
