import { graphql } from '../../generated/graphql/gql.ts'

export const CreateDestination = graphql(`
  mutation DemoCreateDestination($input: DestinationCreateInput!) {
    destinationCreate(input: $input) {
      __typename
      ... on Destination { id }
      ... on UserError { message }
    }
  }
`)

export const ActivateDestination = graphql(`
  mutation DemoActivateDestination($id: ID!) {
    destinationActivate(id: $id) {
      __typename
      ... on Destination { id status }
      ... on UserError { message }
    }
  }
`)

export const RevealSecret = graphql(`
  mutation DemoRevealSecret($id: ID!) {
    destinationRevealSecret(id: $id) {
      __typename
      ... on SecretRevealed { secret }
      ... on UserError { message }
    }
  }
`)

export const PublishEvent = graphql(`
  mutation DemoPublishEvent($input: EventPublishInput!) {
    eventPublish(input: $input) {
      __typename
      ... on EventPublished { deliveryCount event { id } }
      ... on UserError { message }
    }
  }
`)

export const DeliveryAttempted = graphql(`
  subscription DemoDeliveryAttempted {
    deliveryAttempted {
      id
      eventType
      retryCount
      status
      attemptedAt
      durationMs
      responseCode
      failure { message }
      destination { name }
      delivery { id }
    }
  }
`)

/** Returns the result of a mutation; throws the message of a refusal. */
export function throwIfRefused<Result extends { __typename: string }>(
  result: Result | { __typename: string; message: string },
): Exclude<Result, { message: string }> {
  if ('message' in result) throw new Error(result.message)
  return result as Exclude<Result, { message: string }>
}
