import { graphql } from '../../generated/graphql/gql.ts'

/** Makes a destination; it is INACTIVE until it is activated. */
export const CreateDestination = graphql(`
  mutation DemoCreateDestination($input: DestinationCreateInput!) {
    destinationCreate(input: $input) {
      __typename
      ... on Destination { id }
      ... on UserError { message }
    }
  }
`)

/** Lets deliveries go out. */
export const ActivateDestination = graphql(`
  mutation DemoActivateDestination($id: ID!) {
    destinationActivate(id: $id) {
      __typename
      ... on Destination { id status }
      ... on UserError { message }
    }
  }
`)

/** Shows the whole secret, for the receiver to verify with. */
export const RevealSecret = graphql(`
  mutation DemoRevealSecret($id: ID!) {
    destinationRevealSecret(id: $id) {
      __typename
      ... on SecretRevealed { secret }
      ... on UserError { message }
    }
  }
`)

/** Says that something happened. */
export const PublishEvent = graphql(`
  mutation DemoPublishEvent($input: EventPublishInput!) {
    eventPublish(input: $input) {
      __typename
      ... on EventPublished { deliveryCount event { id } }
      ... on UserError { message }
    }
  }
`)

/** Brings every attempt as it is recorded. */
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

/** What a union answers when it is a refusal, as an error: the demo has no use for one. */
export function unlessRefused<Result extends { __typename: string }>(
  result: Result | { __typename: string; message: string },
): Exclude<Result, { message: string }> {
  if ('message' in result) throw new Error(result.message)
  return result as Exclude<Result, { message: string }>
}
