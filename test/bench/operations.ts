import { graphql } from '../../src/generated/graphql/gql.ts'

/** The operations of the benchmarks. */

export const PublishBenchEvent = graphql(`
  mutation BenchPublishEvent($input: EventPublishInput!) {
    eventPublish(input: $input) {
      ... on EventPublished { event { id } }
      ... on UserError { message }
    }
  }
`)

export const PublishBenchEvents = graphql(`
  mutation BenchPublishEvents($inputs: [EventPublishInput!]!) {
    eventPublishMany(inputs: $inputs) {
      ... on EventsPublished { results { event { id } } }
      ... on UserError { message }
    }
  }
`)

export const ListBenchAttempts = graphql(`
  query BenchListAttempts($id: ID!) {
    destination(id: $id) {
      attempts(first: 25) {
        nodes { id number status eventType attemptedAt durationMs responseCode failure { code message } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`)

export const WatchBenchAttempts = graphql(`
  subscription BenchWatchAttempts($destinationId: ID, $after: ID) {
    deliveryAttempted(destinationId: $destinationId, after: $after) {
      id number status eventType attemptedAt durationMs responseCode failure { code message }
    }
  }
`)

export const ActivateBenchDestination = graphql(`
  mutation BenchActivateDestination($id: ID!) {
    destinationActivate(id: $id) {
      ... on Destination { id status }
      ... on UserError { message }
    }
  }
`)
