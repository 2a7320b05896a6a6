import { graphql } from '../generated/index.ts'

export const DestinationRowFields = graphql(`
  fragment DestinationRow on Destination {
    id
    name
    url
    status
    events
    failureCount
    failureLimit
  }
`)

export const DestinationsDocument = graphql(`
  query Destinations($after: String, $filter: DestinationFilter) {
    destinations(first: 25, after: $after, filter: $filter) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        ...DestinationRow
        lastAttempt {
          attemptedAt
          status
        }
      }
    }
  }
`)

export const WatchDestinationsDocument = graphql(`
  subscription WatchDestinations {
    destinationChanged {
      ...DestinationRow
    }
  }
`)

export const WatchDeletionsDocument = graphql(`
  subscription WatchDeletions {
    destinationDeleted {
      id
    }
  }
`)

export const WatchLastAttemptsDocument = graphql(`
  subscription WatchLastAttempts {
    deliveryAttempted {
      attemptedAt
      status
      destination {
        id
      }
    }
  }
`)

export const CreateDestinationDocument = graphql(`
  mutation CreateDestination($input: DestinationCreateInput!) {
    destinationCreate(input: $input) {
      __typename
      ... on Destination {
        id
      }
      ... on ValidationError {
        issues {
          path
          message
        }
      }
      ... on UserError {
        message
      }
    }
  }
`)

export const DeleteDestinationDocument = graphql(`
  mutation DeleteDestination($id: ID!) {
    destinationDelete(id: $id) {
      __typename
      ... on DestinationDeleted {
        id
      }
      ... on UserError {
        message
      }
    }
  }
`)

/** What "Show GraphQL" lists. */
export const OPERATIONS = [
  DestinationsDocument,
  WatchDestinationsDocument,
  WatchDeletionsDocument,
  WatchLastAttemptsDocument,
  CreateDestinationDocument,
  DeleteDestinationDocument,
]
