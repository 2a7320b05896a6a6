import type { GraphqlClient } from '../../src/cli/graphql-client.ts'
import { graphql } from '../../src/generated/graphql/gql.ts'
import type { AttemptStatus, EventType } from '../../src/generated/graphql/graphql.ts'
import type { World } from './world.ts'

/** The operations that many tests need, as a customer would send them. */

export const CreateDestination = graphql(`
  mutation TestCreateDestination($input: DestinationCreateInput!) {
    destinationCreate(input: $input) {
      __typename
      ... on Destination { id name url events status failureCount failureLimit secret { masked } }
      ... on ValidationError { message issues { path message } }
      ... on UserError { message }
    }
  }
`)

export const ActivateDestination = graphql(`
  mutation TestActivateDestination($id: ID!) {
    destinationActivate(id: $id) {
      __typename
      ... on Destination { id status failureCount disabledAt }
      ... on DestinationNotReadyError { message missing }
      ... on UserError { message }
    }
  }
`)

export const RevealSecret = graphql(`
  mutation TestRevealSecret($id: ID!) {
    destinationRevealSecret(id: $id) {
      __typename
      ... on SecretRevealed { secret destination { id } }
      ... on UserError { message }
    }
  }
`)

export const PublishEvent = graphql(`
  mutation TestPublishEvent($input: EventPublishInput!) {
    eventPublish(input: $input) {
      __typename
      ... on EventPublished { duplicate deliveryCount event { id type timestamp idempotencyKey } }
      ... on ValidationError { message issues { path message } }
      ... on IdempotencyConflictError { message event { id } }
    }
  }
`)

export const PublishEvents = graphql(`
  mutation TestPublishEvents($inputs: [EventPublishInput!]!) {
    eventPublishMany(inputs: $inputs) {
      __typename
      ... on EventsPublished { results { duplicate deliveryCount event { id } } }
      ... on ValidationError { message issues { path message } }
      ... on IdempotencyConflictError { message event { id } }
    }
  }
`)

export const GetDestination = graphql(`
  query TestGetDestination($id: ID!) {
    destination(id: $id) {
      id name url events status disabledAt failureCount failureLimit createdAt updatedAt
      secret { masked createdAt previousExpiresAt }
      deliveries(first: 100) { nodes { id status test attemptCount retryCount nextAttemptAt completedAt payload event { id type } } }
    }
  }
`)

export const GetDelivery = graphql(`
  query TestGetDelivery($id: ID!) {
    delivery(id: $id) {
      id status test attemptCount retryCount nextAttemptAt createdAt completedAt payload
      event { id }
      attempts { id number retryCount status attemptedAt durationMs responseCode responseBody failure { code message } }
    }
  }
`)

export const DeliveryAttempted = graphql(`
  subscription TestDeliveryAttempted($destinationId: ID, $eventTypes: [EventType!], $statuses: [AttemptStatus!], $after: ID) {
    deliveryAttempted(destinationId: $destinationId, eventTypes: $eventTypes, statuses: $statuses, after: $after) {
      id number retryCount status eventType responseCode failure { code } delivery { id status }
    }
  }
`)

export const DestinationChanged = graphql(`
  subscription TestDestinationChanged($id: ID) {
    destinationChanged(id: $id) { id name status failureCount disabledAt }
  }
`)

export const DestinationDeleted = graphql(`
  subscription TestDestinationDeleted($id: ID) {
    destinationDeleted(id: $id) { id }
  }
`)

/** An ACTIVE destination for these events, and its whole secret. */
export async function activeDestination(
  client: GraphqlClient,
  {
    url,
    events = ['TODO_CREATED'],
    name = 'Receiver',
  }: { url: string; events?: EventType[]; name?: string },
): Promise<{ id: string; secret: string }> {
  const { destinationCreate } = await client.request(CreateDestination, {
    input: { name, url, events },
  })
  if (destinationCreate.__typename !== 'Destination') throw new Error(destinationCreate.message)
  const { id } = destinationCreate
  const { destinationActivate } = await client.request(ActivateDestination, { id })
  if (destinationActivate.__typename !== 'Destination') throw new Error(destinationActivate.message)
  const { destinationRevealSecret } = await client.request(RevealSecret, { id })
  if (destinationRevealSecret.__typename !== 'SecretRevealed')
    throw new Error(destinationRevealSecret.message)
  return { id, secret: destinationRevealSecret.secret }
}

/** Returns a todo that is valid as the data of an event. `description` distinguishes it from others. */
export const todo = (description: string) => ({
  todo_id: 'todo_abc123',
  type: 'email',
  description,
  due_at: null,
  ai_generated: true,
  meeting_id: null,
  session_id: null,
  target_object_name: null,
  target_object_id: null,
  target_table: null,
  parent_target_object_name: null,
  parent_target_object_id: null,
  parent_target_table: null,
})

/** Publishes one todo_created. @returns the event's id */
export async function publishTodo(
  client: GraphqlClient,
  description = 'Call back',
): Promise<string> {
  const { eventPublish } = await client.request(PublishEvent, {
    input: { event: 'TODO_CREATED', data: todo(description) },
  })
  if (eventPublish.__typename !== 'EventPublished') throw new Error(eventPublish.message)
  return eventPublish.event.id
}

/** The attempts of the organization from now on, until the loop is left. */
export async function* attempts(
  client: GraphqlClient,
  variables: {
    destinationId?: string
    eventTypes?: EventType[]
    statuses?: AttemptStatus[]
    after?: string
  } = {},
) {
  for await (const { deliveryAttempted } of client.subscribe(DeliveryAttempted, variables))
    yield deliveryAttempted
}

/** Waits until the subscription has brought `count` attempts. */
export async function collectAttempts(stream: ReturnType<typeof attempts>, count: number) {
  const collected: NonNullable<Awaited<ReturnType<typeof stream.next>>['value']>[] = []
  while (collected.length < count) {
    const { value, done } = await stream.next()
    if (done) break
    collected.push(value)
  }
  return collected
}

export type { World }
