import { graphql } from '../generated/index.ts'
import { WatchDeletionDocument } from './use-deleted.ts'

export const DestinationFields = graphql(`
  fragment DestinationDetail on Destination {
    id
    name
    url
    events
    status
    disabledAt
    failureCount
    failureLimit
    updatedAt
    secret {
      masked
      createdAt
      previousExpiresAt
    }
  }
`)

export const DestinationDocument = graphql(`
  query Destination($id: ID!) {
    destination(id: $id) {
      ...DestinationDetail
    }
  }
`)

export const WatchDestinationDocument = graphql(`
  subscription WatchDestination($id: ID!) {
    destinationChanged(id: $id) {
      ...DestinationDetail
    }
  }
`)

export const EventChoicesDocument = graphql(`
  query EventChoices {
    eventDefinitions {
      type
      name
      description
      example
    }
  }
`)

export const UpdateDestinationDocument = graphql(`
  mutation UpdateDestination($id: ID!, $input: DestinationUpdateInput!) {
    destinationUpdate(id: $id, input: $input) {
      __typename
      ... on Destination {
        ...DestinationDetail
      }
      ... on ValidationError {
        issues {
          path
          message
        }
      }
      ... on DestinationNotReadyError {
        missing
      }
      ... on UserError {
        message
      }
    }
  }
`)

export const ActivateDestinationDocument = graphql(`
  mutation ActivateDestination($id: ID!) {
    destinationActivate(id: $id) {
      __typename
      ... on Destination {
        ...DestinationDetail
      }
      ... on UserError {
        message
      }
    }
  }
`)

export const DeactivateDestinationDocument = graphql(`
  mutation DeactivateDestination($id: ID!) {
    destinationDeactivate(id: $id) {
      __typename
      ... on Destination {
        ...DestinationDetail
      }
      ... on UserError {
        message
      }
    }
  }
`)

export const LastFailuresDocument = graphql(`
  query LastFailures($id: ID!) {
    destination(id: $id) {
      id
      attempts(first: 3, filter: { statuses: [FAILED] }) {
        nodes {
          id
          attemptedAt
          eventType
          failure {
            message
          }
        }
      }
    }
  }
`)

export const RevealSecretDocument = graphql(`
  mutation RevealSecret($id: ID!) {
    destinationRevealSecret(id: $id) {
      __typename
      ... on SecretRevealed {
        secret
      }
      ... on UserError {
        message
      }
    }
  }
`)

export const RotateSecretDocument = graphql(`
  mutation RotateSecret($id: ID!, $overlapSeconds: Int!) {
    destinationRotateSecret(id: $id, overlapSeconds: $overlapSeconds) {
      __typename
      ... on SecretRevealed {
        secret
        destination {
          ...DestinationDetail
        }
      }
      ... on UserError {
        message
      }
    }
  }
`)

export const SendTestDocument = graphql(`
  mutation SendTest($id: ID!, $event: EventType!) {
    destinationSendTest(id: $id, event: $event) {
      __typename
      ... on Delivery {
        id
      }
      ... on UserError {
        message
      }
    }
  }
`)

export const WatchTestsDocument = graphql(`
  subscription WatchTests($id: ID!, $after: ID) {
    deliveryAttempted(destinationId: $id, after: $after) {
      id
      delivery {
        id
        test
      }
      status
      attemptedAt
      durationMs
      responseCode
      responseBody
      failure {
        message
      }
    }
  }
`)

export const ActivityDocument = graphql(`
  query Activity($id: ID!) {
    destination(id: $id) {
      id
      auditLog(first: 8) {
        nodes {
          id
          action
          changed
          createdAt
          actor {
            kind
            id
            name
          }
        }
      }
    }
  }
`)

/** What "Show GraphQL" lists. */
export const OPERATIONS = [
  DestinationDocument,
  WatchDestinationDocument,
  WatchDeletionDocument,
  EventChoicesDocument,
  UpdateDestinationDocument,
  ActivateDestinationDocument,
  DeactivateDestinationDocument,
  LastFailuresDocument,
  RevealSecretDocument,
  RotateSecretDocument,
  SendTestDocument,
  WatchTestsDocument,
  ActivityDocument,
]
