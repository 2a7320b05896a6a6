import { readFileSync } from 'node:fs'
import { buildSchema, type DocumentNode, Kind, type OperationTypeNode } from 'graphql'
import { graphql } from '../../src/generated/graphql/gql.ts'

/** For caches that have to know which types a union or an interface has. */
export const schema = buildSchema(
  readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'),
)

/** The operations that every client sends. */

export const Viewer = graphql(`
  query ClientViewer { viewer { organization { id name } scopes } }
`)

export const Destinations = graphql(`
  query ClientDestinations($first: Int!, $after: String, $search: String!) {
    destinations(first: $first, after: $after, filter: { search: $search }) {
      edges { cursor node { id name } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`)

export const CreateDestination = graphql(`
  mutation ClientCreateDestination($input: DestinationCreateInput!) {
    destinationCreate(input: $input) {
      __typename
      ... on Destination { id name url status events }
      ... on ValidationError { message issues { path message } }
      ... on UserError { message }
    }
  }
`)

export const UpdateDestination = graphql(`
  mutation ClientUpdateDestination($id: ID!, $input: DestinationUpdateInput!) {
    destinationUpdate(id: $id, input: $input) {
      __typename
      ... on Destination { id name }
      ... on UserError { message }
    }
  }
`)

export const Attempts = graphql(`
  subscription ClientAttempts($destinationId: ID, $after: ID) {
    deliveryAttempted(destinationId: $destinationId, after: $after) {
      id number status eventType delivery { id status }
    }
  }
`)

export const LatestAttempts = graphql(`
  query ClientLatestAttempts($id: ID!) {
    destination(id: $id) { attempts(first: 1) { nodes { id delivery { event { id } } } } }
  }
`)

/** A second subscription, which keeps a client's connection open. */
export const Changes = graphql(`
  subscription ClientChanges { destinationChanged { id name } }
`)

/** Whether a document is a query, a mutation or a subscription. */
export function operationOf({ definitions }: DocumentNode): OperationTypeNode {
  return definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION)!.operation
}
