import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalogue, type EventPayload, enumName } from '../../domain/events/index.ts'
import type { GraphqlClient } from '../graphql-client.ts'
import {
  ActivateDestination,
  CreateDestination,
  DeliveryAttempted,
  PublishEvent,
  RevealSecret,
  throwIfRefused,
} from './operations.ts'
import type { DemoReceiver } from './receiver.ts'
import { attemptLine, bold, failure, heading, success } from './report.ts'

/** The payloads of the event reference, one file each. */
const EXAMPLES = fileURLToPath(new URL('../../../test/fixtures/examples', import.meta.url))

/** Time limit for all attempts. The last retry starts about 6 s after the first attempt. */
const FEED_TIMEOUT_MS = 30_000

/**
 * Publishes every example to two receivers and prints each attempt.
 * @returns whether all deliveries succeeded and all signatures were valid
 */
export async function runDemo(
  client: GraphqlClient,
  [steady, flaky]: readonly [DemoReceiver, DemoReceiver],
): Promise<boolean> {
  const all = catalogue.map(({ name }) => enumName(name))
  await connect(client, steady, { name: 'Steady receiver', events: all })
  await connect(client, flaky, { name: 'Flaky receiver', events: ['SUMMARY_CREATED'] })

  console.log(`\n${bold('Two receivers verify each request. One of them fails twice at first.')}\n`)
  console.log(`  ${heading()}`)
  const expected = Promise.withResolvers<number>()
  const watching = watchAttempts(client, expected.promise)
  const deliveries = await publishExamples(client)
  expected.resolve(deliveries)
  const { attempts, succeeded } = await watching

  const verified = steady.verified + flaky.verified
  const passed = succeeded === deliveries && verified === attempts
  const summary = `${succeeded} of ${deliveries} deliveries succeeded in ${attempts} attempts; ${verified} of ${attempts} signatures verified.`
  console.log(`\n${passed ? success(`✓ ${summary}`) : failure(`✗ ${summary}`)}`)
  return passed
}

/** Prints attempts from the live feed until every delivery has succeeded or the time limit has passed. */
async function watchAttempts(
  client: GraphqlClient,
  expected: Promise<number>,
): Promise<{ attempts: number; succeeded: number }> {
  const timer = setTimeout(() => client.close(), FEED_TIMEOUT_MS)
  const succeeded = new Set<string>()
  let attempts = 0
  for await (const { deliveryAttempted: attempt } of client.subscribe(DeliveryAttempted, {})) {
    attempts += 1
    console.log(attemptLine(attempt))
    if (attempt.status === 'SUCCEEDED') succeeded.add(attempt.delivery.id)
    // Attempts arrive before all examples are published, so the number of deliveries may not be known yet.
    if (succeeded.size >= (await Promise.race([expected, Number.POSITIVE_INFINITY]))) break
  }
  clearTimeout(timer)
  return { attempts, succeeded: succeeded.size }
}

/** Creates and activates a destination for a receiver and gives the receiver its signing secret. */
async function connect(
  client: GraphqlClient,
  receiver: DemoReceiver,
  settings: { name: string; events: ReturnType<typeof enumName>[] },
): Promise<void> {
  const input = { ...settings, url: receiver.url }
  const { destinationCreate } = await client.request(CreateDestination, { input })
  const { id } = throwIfRefused(destinationCreate)
  throwIfRefused((await client.request(ActivateDestination, { id })).destinationActivate)
  const { destinationRevealSecret } = await client.request(RevealSecret, { id })
  receiver.secret = throwIfRefused(destinationRevealSecret).secret
}

/** Publishes the examples. @returns the number of deliveries */
async function publishExamples(client: GraphqlClient): Promise<number> {
  let deliveries = 0
  for (const file of (await readdir(EXAMPLES)).sort()) {
    const example = JSON.parse(await readFile(join(EXAMPLES, file), 'utf8')) as EventPayload
    const { event, data, relations, timestamp } = example
    const input = {
      event: enumName(event),
      data,
      timestamp,
      relations: {
        associatedAccountIds: relations?.associated_account_ids ?? [],
        associatedContactIds: relations?.associated_contact_ids ?? [],
        associatedDealIds: relations?.associated_deal_ids ?? [],
        associatedLeadIds: relations?.associated_lead_ids ?? [],
      },
    }
    const { eventPublish } = await client.request(PublishEvent, { input })
    deliveries += throwIfRefused(eventPublish).deliveryCount
  }
  return deliveries
}
