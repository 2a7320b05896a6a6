import { WatchDeletionDocument } from '../destination/use-deleted.ts'
import { graphql } from '../generated/index.ts'

/** `latest` has no filter. The live attempts start after the oldest of them. */
export const RecentDeliveriesDocument = graphql(`
  query RecentDeliveries($id: ID!, $filter: AttemptFilter, $after: String) {
    destination(id: $id) {
      id
      name
      status
      attempts(first: 25, after: $after, filter: $filter) {
        nodes {
          ...AttemptRow
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
      latest: attempts(first: 25) {
        nodes {
          id
        }
      }
    }
  }
`)

export const WatchDeliveriesDocument = graphql(`
  subscription WatchDeliveries($destinationId: ID!, $after: ID) {
    deliveryAttempted(destinationId: $destinationId, after: $after) {
      ...AttemptRow
    }
  }
`)

export const WatchStatusDocument = graphql(`
  subscription WatchStatus($id: ID!) {
    destinationChanged(id: $id) {
      id
      status
    }
  }
`)

export const DeliveryActivityDocument = graphql(`
  query DeliveryActivity($id: ID!) {
    destination(id: $id) {
      id
      attemptHistogram {
        start
        succeeded
        failed
      }
    }
  }
`)

export const AttemptDetailsDocument = graphql(`
  query AttemptDetails($id: ID!) {
    node(id: $id) {
      __typename
      ... on DeliveryAttempt {
        ...AttemptRow
        number
        url
        requestHeaders {
          name
          value
        }
        responseBody
        delivery {
          id
          status
          test
          nextAttemptAt
          payload
          event {
            id
            erasedAt
          }
          destination {
            id
            status
          }
          attempts {
            id
            number
            status
            attemptedAt
            durationMs
            responseCode
          }
        }
      }
    }
  }
`)

export const RetryDeliveryDocument = graphql(`
  mutation RetryDelivery($id: ID!) {
    deliveryRetry(id: $id) {
      __typename
      ... on Delivery {
        id
        status
        nextAttemptAt
      }
      ... on UserError {
        message
      }
    }
  }
`)

export const EventTypesDocument = graphql(`
  query EventTypes {
    eventDefinitions {
      type
    }
  }
`)

/** What "Show GraphQL" lists. */
export const OPERATIONS = [
  RecentDeliveriesDocument,
  WatchDeliveriesDocument,
  WatchStatusDocument,
  WatchDeletionDocument,
  DeliveryActivityDocument,
  EventTypesDocument,
  AttemptDetailsDocument,
  RetryDeliveryDocument,
]
