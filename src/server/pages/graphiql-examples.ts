/** One tab of GraphiQL: an operation and the variables to run it with. */
export interface Example {
  query: string
  variables?: object
}

const CREATE = `# 1. Create a destination: your endpoint.
#    Copy its id from the answer for tab 2.
mutation CreateFirstDestination($input: DestinationCreateInput!) {
  destinationCreate(input: $input) {
    ... on Destination {
      id
      name
      url
      status
      secret {
        masked
      }
    }
    ... on UserError {
      message
    }
  }
}
`

const ACTIVATE = `# 2. Select its events and switch it on.
#    Put its id into the variables below.
mutation SelectEventsAndActivate($id: ID!, $events: [EventType!]!) {
  destinationSelectEvents(id: $id, events: $events) {
    ... on Destination {
      id
      events
    }
    ... on UserError {
      message
    }
  }
  destinationActivate(id: $id) {
    ... on Destination {
      id
      status
    }
    ... on UserError {
      message
    }
  }
}
`

const WATCH = `# 3. Run this in a second window of this page
#    (a change of tabs would stop it): every
#    attempt to deliver shows up as it is made.
subscription WatchEveryAttempt {
  deliveryAttempted {
    attemptedAt
    eventType
    status
    responseCode
    retryCount
    durationMs
    failure {
      code
      message
    }
    destination {
      name
      failureCount
    }
  }
}
`

const PUBLISH = `# 4. Publish an event, and see it delivered:
#    live in the second window, or in tab 5.
mutation PublishFirstEvent($input: EventPublishInput!) {
  eventPublish(input: $input) {
    ... on EventPublished {
      event {
        id
      }
      deliveryCount
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
`

const RECENT = `# 5. Your destinations and their last attempts.
query DestinationsWithAttempts($destinations: Int, $attempts: Int) {
  destinations(first: $destinations) {
    nodes {
      id
      name
      url
      status
      failureCount
      failureLimit
      attempts(first: $attempts) {
        nodes {
          attemptedAt
          eventType
          status
          responseCode
          retryCount
          failure {
            message
          }
        }
      }
    }
  }
}
`

const EVENT = {
  event: 'TODO_CREATED',
  data: {
    todo_id: 'todo_1',
    type: 'email',
    description: 'Send the proposal to Acme',
    due_at: '2026-01-16T09:00:00.000Z',
    ai_generated: true,
    meeting_id: 'meeting_1',
    session_id: 'session_1',
    target_object_name: 'account',
    target_object_id: 'account_1',
    target_table: 'accounts',
    parent_target_object_name: null,
    parent_target_object_id: null,
    parent_target_table: null,
  },
  relations: {
    associatedAccountIds: ['account_1'],
    associatedContactIds: [],
    associatedDealIds: [],
    associatedLeadIds: [],
  },
}

/** The way from nothing to a delivery, a tab for each step. */
export function graphiqlExamples(url: string): Example[] {
  return [
    { query: CREATE, variables: { input: { name: 'My first destination', url } } },
    {
      query: ACTIVATE,
      variables: { id: 'whk_…', events: ['TODO_CREATED', 'TRANSCRIPTION_CREATED'] },
    },
    { query: WATCH },
    { query: PUBLISH, variables: { input: EVENT } },
    { query: RECENT, variables: { destinations: 5, attempts: 25 } },
  ]
}
