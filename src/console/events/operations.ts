import { graphql } from '../generated/index.ts'

export const EventReferenceDocument = graphql(`
  query EventReference {
    eventDefinitions {
      type
      name
      description
      schema
      example
    }
  }
`)

export const PublishSampleDocument = graphql(`
  mutation PublishSample($input: EventPublishInput!) {
    eventPublish(input: $input) {
      __typename
      ... on EventPublished {
        deliveryCount
        event {
          id
        }
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

/** What "Show GraphQL" lists. */
export const OPERATIONS = [EventReferenceDocument, PublishSampleDocument]
