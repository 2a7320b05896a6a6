import type { GraphqlClient } from '../../src/cli/graphql-client.ts'
import { graphql } from '../../src/generated/graphql/gql.ts'
import {
  ActivateDestination,
  CreateDestination,
  GetDestination,
  RevealSecret,
} from './operations.ts'

/** The operations of a customer on a destination after its creation. */

export const UpdateDestination = graphql(`
  mutation TestUpdateDestination($id: ID!, $input: DestinationUpdateInput!) {
    destinationUpdate(id: $id, input: $input) {
      __typename
      ... on Destination { id name url events status }
      ... on ValidationError { message issues { path message } }
      ... on DestinationNotReadyError { message missing }
      ... on UserError { message }
    }
  }
`)

export const SelectEvents = graphql(`
  mutation TestSelectEvents($id: ID!, $events: [EventType!]!) {
    destinationSelectEvents(id: $id, events: $events) {
      __typename
      ... on Destination { id events }
      ... on DestinationNotReadyError { message missing }
      ... on UserError { message }
    }
  }
`)

const DeactivateDestination = graphql(`
  mutation TestDeactivateDestination($id: ID!) {
    destinationDeactivate(id: $id) {
      __typename
      ... on Destination { id status }
      ... on UserError { message }
    }
  }
`)

export const DeleteDestination = graphql(`
  mutation TestDeleteDestination($id: ID!) {
    destinationDelete(id: $id) {
      __typename
      ... on DestinationDeleted { id }
      ... on UserError { message }
    }
  }
`)

export const RotateSecret = graphql(`
  mutation TestRotateSecret($id: ID!, $overlapSeconds: Int) {
    destinationRotateSecret(id: $id, overlapSeconds: $overlapSeconds) {
      __typename
      ... on SecretRevealed { secret destination { secret { masked previousExpiresAt } } }
      ... on ValidationError { message issues { path message } }
      ... on UserError { message }
    }
  }
`)

/** Creates a destination as it is first: INACTIVE. @returns its id */
export async function inactiveDestination(
  client: GraphqlClient,
  url: string | null = null,
): Promise<string> {
  const { destinationCreate } = await client.request(CreateDestination, {
    input: { name: 'Receiver', url, events: url ? ['TODO_CREATED'] : [] },
  })
  if (destinationCreate.__typename !== 'Destination') throw new Error(destinationCreate.message)
  return destinationCreate.id
}

export async function activate(client: GraphqlClient, id: string) {
  const { destinationActivate } = await client.request(ActivateDestination, { id })
  if (destinationActivate.__typename !== 'Destination') throw new Error(destinationActivate.message)
  return destinationActivate
}

export async function deactivate(client: GraphqlClient, id: string) {
  const { destinationDeactivate } = await client.request(DeactivateDestination, { id })
  if (destinationDeactivate.__typename !== 'Destination') {
    throw new Error(destinationDeactivate.message)
  }
  return destinationDeactivate
}

/** @returns its secret, whole */
export async function reveal(client: GraphqlClient, id: string): Promise<string> {
  const { destinationRevealSecret } = await client.request(RevealSecret, { id })
  if (destinationRevealSecret.__typename !== 'SecretRevealed') {
    throw new Error(destinationRevealSecret.message)
  }
  return destinationRevealSecret.secret
}

/** Replaces the secret, without an overlap unless one is given. @returns the new one, whole */
export async function rotate(
  client: GraphqlClient,
  id: string,
  overlapSeconds?: number,
): Promise<string> {
  const { destinationRotateSecret } = await client.request(RotateSecret, {
    id,
    ...(overlapSeconds !== undefined && { overlapSeconds }),
  })
  if (destinationRotateSecret.__typename !== 'SecretRevealed') {
    throw new Error(destinationRotateSecret.message)
  }
  return destinationRotateSecret.secret
}

/** Reads the current destination, with its latest 100 deliveries, newest first. */
export async function readDestination(client: GraphqlClient, id: string) {
  const { destination } = await client.request(GetDestination, { id })
  if (!destination) throw new Error(`There is no destination ${id}.`)
  const { deliveries, ...settings } = destination
  return { ...settings, deliveries: deliveries.nodes }
}
