import { graphql } from 'relay-runtime'

/** Compiled by Relay's compiler to `__generated__`. The tags themselves are never run. */

export const ViewerQuery = graphql`
  query operationsViewerQuery {
    viewer {
      organization {
        id
        name
      }
      scopes
    }
  }
`

export const DestinationsQuery = graphql`
  query operationsDestinationsQuery($first: Int!, $after: String, $search: String!) {
    destinations(first: $first, after: $after, filter: { search: $search }) {
      edges {
        cursor
        node {
          id
          name
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`

export const ListQuery = graphql`
  query operationsListQuery($first: Int!, $after: String, $search: String!) {
    destinations(first: $first, after: $after, filter: { search: $search })
      @connection(key: "operationsList_destinations", filters: ["filter"]) {
      __id
      edges {
        node {
          id
          name
        }
      }
      pageInfo {
        endCursor
      }
    }
  }
`

export const CreateMutation = graphql`
  mutation operationsCreateMutation($input: DestinationCreateInput!) {
    destinationCreate(input: $input) {
      __typename
      ... on Destination {
        id
        name
        url
        status
        events
      }
      ... on ValidationError {
        message
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
`

export const UpdateMutation = graphql`
  mutation operationsUpdateMutation($id: ID!, $input: DestinationUpdateInput!) {
    destinationUpdate(id: $id, input: $input) {
      __typename
      ... on Destination {
        id
        name
      }
    }
  }
`

export const DeleteMutation = graphql`
  mutation operationsDeleteMutation($id: ID!, $connections: [ID!]!) {
    destinationDelete(id: $id) {
      __typename
      ... on DestinationDeleted {
        id @deleteEdge(connections: $connections)
      }
    }
  }
`

export const AttemptsSubscription = graphql`
  subscription operationsAttemptsSubscription($destinationId: ID, $after: ID) {
    deliveryAttempted(destinationId: $destinationId, after: $after) {
      id
      number
      status
      eventType
      delivery {
        id
        status
      }
    }
  }
`

export const ChangesSubscription = graphql`
  subscription operationsChangesSubscription {
    destinationChanged {
      id
      name
    }
  }
`
