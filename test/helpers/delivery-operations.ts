import { expect } from 'vitest'
import type { GraphqlClient } from '../../src/cli/graphql-client.ts'
import { graphql } from '../../src/generated/graphql/gql.ts'
import type { EventType } from '../../src/generated/graphql/graphql.ts'
import { readDestination } from './destination-operations.ts'
import { GetDelivery, PublishEvent, PublishEvents, todo } from './operations.ts'
import type { ReceivedRequest } from './receiver.ts'

export const RetryDelivery = graphql(`
  mutation TestRetryDelivery($id: ID!) {
    deliveryRetry(id: $id) {
      __typename
      ... on Delivery { id status attemptCount retryCount nextAttemptAt completedAt }
      ... on NotFoundError { message id }
      ... on DestinationInactiveError { message destinationStatus: status }
      ... on UserError { message }
    }
  }
`)

export const SendTest = graphql(`
  mutation TestSendTest($id: ID!, $event: EventType!) {
    destinationSendTest(id: $id, event: $event) {
      __typename
      ... on Delivery { id test status payload event { id } }
      ... on DestinationNotReadyError { message missing }
      ... on UserError { message }
    }
  }
`)

export const GetEvent = graphql(`
  query TestGetEvent($id: ID!) {
    event(id: $id) { id type data deliveries { nodes { id status } } }
  }
`)

export const ListEvents = graphql(`
  query TestListEvents { events(first: 100) { nodes { id type data } } }
`)

/** The delivery that a request belongs to. */
export const deliveryOf = ({ headers }: ReceivedRequest) => headers['x-webhook-delivery'] as string

export async function readDelivery(client: GraphqlClient, id: string) {
  const { delivery } = await client.request(GetDelivery, { id })
  if (!delivery) throw new Error(`There is no delivery ${id}.`)
  return delivery
}

type Delivery = Awaited<ReturnType<typeof readDelivery>>
type Destination = Awaited<ReturnType<typeof readDestination>>

/** Waits until the delivery has this state. */
export async function deliveryStands(
  client: GraphqlClient,
  id: string,
  state: Partial<Delivery>,
): Promise<Delivery> {
  let delivery: Delivery | undefined
  const read = async () => {
    delivery = await readDelivery(client, id)
    return delivery
  }
  await expect.poll(read, POLL).toMatchObject(state)
  return delivery!
}

/** Waits until the destination has this state. */
export async function destinationStands(
  client: GraphqlClient,
  id: string,
  state: Partial<Destination>,
): Promise<Destination> {
  let destination: Destination | undefined
  const read = async () => {
    destination = await readDestination(client, id)
    return destination
  }
  await expect.poll(read, POLL).toMatchObject(state)
  return destination!
}

/** Polls every 10 ms, because the live feed stops with a stopped clock. */
const POLL = { interval: 10, timeout: 10_000 }

export async function publish(client: GraphqlClient, event: EventType, data: unknown) {
  const { eventPublish } = await client.request(PublishEvent, { input: { event, data } })
  if (eventPublish.__typename !== 'EventPublished') throw new Error(eventPublish.message)
  return eventPublish
}

/** Publishes todos with the descriptions "1", "2" … in one call. @returns the events' ids */
export async function publishTodos(client: GraphqlClient, count: number): Promise<string[]> {
  const { eventPublishMany } = await client.request(PublishEvents, {
    inputs: Array.from({ length: count }, (_, index) => ({
      event: 'TODO_CREATED' as const,
      data: todo(String(index + 1)),
    })),
  })
  if (eventPublishMany.__typename !== 'EventsPublished') throw new Error(eventPublishMany.message)
  return eventPublishMany.results.map(({ event }) => event.id)
}

/** The number in the description that `publishTodos` gave a todo. */
export const todoNumber = ({ body }: ReceivedRequest) => Number(JSON.parse(body).data.description)
