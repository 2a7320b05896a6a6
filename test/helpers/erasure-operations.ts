import type { GraphqlClient } from '../../src/cli/graphql-client.ts'
import { graphql } from '../../src/generated/graphql/gql.ts'

export const EraseEvent = graphql(`
  mutation TestEraseEvent($id: ID!) {
    eventErase(id: $id) {
      __typename
      ... on Event { id erasedAt }
      ... on NotFoundError { message id }
    }
  }
`)

export const GetTombstone = graphql(`
  query TestGetTombstone($id: ID!) {
    event(id: $id) {
      id type data timestamp idempotencyKey createdAt erasedAt
      relations { associatedAccountIds associatedContactIds associatedDealIds associatedLeadIds }
      deliveries(first: 100) {
        nodes {
          id status attemptCount payload
          attempts { number status durationMs responseCode responseBody failure { code message } }
        }
      }
    }
  }
`)

export const EventsRelatedTo = graphql(`
  query TestEventsRelatedTo($id: String!) {
    events(filter: { relatedTo: $id }) { nodes { id } }
  }
`)

/** Erases an event. @returns when it was erased */
export async function eraseEvent(client: GraphqlClient, id: string): Promise<string> {
  const { eventErase } = await client.request(EraseEvent, { id })
  if (eventErase.__typename !== 'Event') throw new Error(eventErase.message)
  return eventErase.erasedAt!
}
