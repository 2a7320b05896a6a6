import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventPublishInput, EventType } from '../../src/generated/graphql/graphql.ts'
import { deliveriesOf } from '../helpers/deliveries.ts'
import { RotateSecret, UpdateDestination } from '../helpers/destination-operations.ts'
import {
  ActivateDestination,
  CreateDestination,
  PublishEvents,
  RevealSecret,
  todo,
} from '../helpers/operations.ts'
import { createWorld, type World } from '../helpers/world.ts'
import type { CustomerReceiver, StartReceiver } from './receiver.ts'

/** Every printed example: each of the 16 events at least once. */
const folder = new URL('../fixtures/examples/', import.meta.url)
const examples = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'))
const events = [...new Set(examples.map((text) => JSON.parse(text).event.toUpperCase()))]

/** Above the limit of Express, and of every framework that follows it. */
const LARGE = 150_000

const inputs: EventPublishInput[] = [
  ...examples.map(inputOf),
  { event: 'TODO_CREATED', data: todo('Zoë & 東京 👩‍🚀 \u2028 </script> "quoted" \\ \u0000') },
  { event: 'TODO_CREATED', data: todo('é東👩'.repeat(LARGE / 9)) },
]

function inputOf(example: string): EventPublishInput {
  const { event, data, relations, timestamp } = JSON.parse(example)
  return {
    event: event.toUpperCase() as EventType,
    data,
    timestamp,
    ...(relations && {
      relations: {
        associatedAccountIds: relations.associated_account_ids,
        associatedContactIds: relations.associated_contact_ids,
        associatedDealIds: relations.associated_deal_ids,
        associatedLeadIds: relations.associated_lead_ids,
      },
    }),
  }
}

/** For a machine that is busy with other things as well. */
export const WITHIN = { timeout: 45_000 }

/** One way to receive, and the destination that sends there. */
interface Customer {
  name: string
  start: StartReceiver
  id: string
  receiver: CustomerReceiver
}

/** An ACTIVE destination for all events whose receiver has the destination's secret. */
export async function connectReceiver(
  { client }: World,
  start: StartReceiver,
): Promise<Pick<Customer, 'id' | 'receiver'>> {
  const input = { name: 'Receiver', events }
  const { destinationCreate } = await client.request(CreateDestination, { input })
  if (destinationCreate.__typename !== 'Destination') throw new Error(destinationCreate.message)
  const { id } = destinationCreate
  const { destinationRevealSecret } = await client.request(RevealSecret, { id })
  if (destinationRevealSecret.__typename !== 'SecretRevealed')
    throw new Error(destinationRevealSecret.message)
  const receiver = await start({ secret: destinationRevealSecret.secret })
  await client.request(UpdateDestination, { id, input: { url: receiver.url } })
  await client.request(ActivateDestination, { id })
  return { id, receiver }
}

/** Publishes every event of the catalogue, one with difficult characters and one of 150 kB. @returns their number */
export const publishEverything = (world: World): Promise<number> => publish(world, inputs)

const publishOne = (world: World): Promise<number> => publish(world, inputs.slice(0, 1))

async function publish({ client }: World, inputs: EventPublishInput[]): Promise<number> {
  const { eventPublishMany } = await client.request(PublishEvents, { inputs })
  if (eventPublishMany.__typename !== 'EventsPublished') throw new Error(eventPublishMany.message)
  return inputs.length
}

/** Rotates the secret of the destination; the old one continues to sign. Returns the new one. */
async function rotate({ client }: World, { id }: Customer): Promise<string> {
  const variables = { id, overlapSeconds: 3_600 }
  const { destinationRotateSecret } = await client.request(RotateSecret, variables)
  if (destinationRotateSecret.__typename !== 'SecretRevealed')
    throw new Error(destinationRotateSecret.message)
  return destinationRotateSecret.secret
}

/** Returns the status and the number of attempts of each delivery, oldest first. */
async function statuses({ client }: World, id: string): Promise<string[]> {
  const deliveries = await deliveriesOf(client, id)
  return deliveries.map(({ attemptCount, status }) => `${status} after ${attemptCount}`).reverse()
}

/** Tests that receivers accept all that they are sent. They share one deployment and each publication. */
export function testReceivers(
  receivers: Record<string, StartReceiver>,
  { acceptsOldSecret }: { acceptsOldSecret: RegExp },
): void {
  const opened: (() => unknown)[] = []
  const customers = new Map<string, Customer>()
  let world: World
  beforeAll(async () => {
    world = await createWorld()
    opened.push(() => world[Symbol.asyncDispose]())
    await Promise.all(
      Object.entries(receivers).map(async ([name, start]) => {
        const connected = await connectReceiver(world, start)
        opened.push(connected.receiver.close)
        customers.set(name, { name, start, ...connected })
      }),
    )
    await publishEverything(world)
  }, 180_000)
  afterAll(async () => {
    for (const close of opened) await close()
  })

  const receivedEverything = ({ id }: Customer) =>
    expect
      .poll(async () => (await statuses(world, id)).slice(0, inputs.length), WITHIN)
      .toEqual(inputs.map(() => 'SUCCEEDED after 1'))

  describe.each(Object.keys(receivers))('%s', (name) => {
    test('verifies every event, also with any characters and of 150 kB', async () => {
      await receivedEverything(customers.get(name)!)
    })
  })

  const latestSucceeds = ({ id, name }: Customer) =>
    expect
      .poll(async () => (await statuses(world, id)).at(-1), { ...WITHIN, message: name })
      .toBe('SUCCEEDED after 1')

  test('a rotated secret verifies, and libraries of Standard Webhooks accept the old one meanwhile', async () => {
    const all = [...customers.values()]
    // Waiting deliveries would be signed with the new secret.
    for (const customer of all) await receivedEverything(customer)
    const secrets = await Promise.all(all.map((customer) => rotate(world, customer)))
    await publishOne(world)
    const libraries = all.filter(({ name }) => acceptsOldSecret.test(name))
    expect(libraries).not.toEqual([])
    for (const customer of libraries) await latestSucceeds(customer)

    for (const [index, { id, start }] of all.entries()) {
      const receiver = await start({ secret: secrets[index]! })
      opened.push(receiver.close)
      await world.client.request(UpdateDestination, { id, input: { url: receiver.url } })
    }
    await publishOne(world)
    for (const customer of all) await latestSucceeds(customer)
  })
}
