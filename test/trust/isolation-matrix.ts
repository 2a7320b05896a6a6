const NOT_FOUND = '__typename ... on UserError { message } ... on NotFoundError { id }'

const mutation = (call: string, result = '') =>
  `mutation ($id: ID!) { ${call} { ${NOT_FOUND} ${result} } }`
const page = (list: string) => `${list} { nodes { id } pageInfo { hasNextPage hasPreviousPage } }`

/**
 * For every argument that takes an id, an operation that passes `$id`, and the kind of the id. Operations that delete are
 * last, because the owner runs each of them as well, to test that it has an effect.
 */
export const MATRIX: Record<string, [operation: string, kind: Kind]> = {
  'Query.node(id:)': ['query ($id: ID!) { node(id: $id) { __typename id } }', 'att'],
  'Query.nodes(ids:)': ['query ($id: ID!) { nodes(ids: [$id]) { __typename id } }', 'dlv'],
  'Query.destination(id:)': ['query ($id: ID!) { destination(id: $id) { id name } }', 'whk'],
  'Query.event(id:)': ['query ($id: ID!) { event(id: $id) { id data } }', 'evt'],
  'Query.delivery(id:)': ['query ($id: ID!) { delivery(id: $id) { id payload } }', 'dlv'],
  'Query.destinations(after:)': [
    `query ($id: String!) { ${page('destinations(after: $id)')} }`,
    'whk',
  ],
  'Query.events(after:)': [`query ($id: String!) { ${page('events(after: $id)')} }`, 'evt'],
  'Destination.attempts(after:)': [
    `query ($id: String!) { destinations { nodes { ${page('attempts(after: $id)')} } } }`,
    'att',
  ],
  'Destination.deliveries(after:)': [
    `query ($id: String!) { destinations { nodes { ${page('deliveries(after: $id)')} } } }`,
    'dlv',
  ],
  'Destination.auditLog(after:)': [
    `query ($id: String!) { destinations { nodes { ${page('auditLog(after: $id)')} } } }`,
    'aud',
  ],
  'Organization.auditLog(after:)': [
    `query ($id: String!) { viewer { organization { ${page('auditLog(after: $id)')} } } }`,
    'log',
  ],
  'Organization.auditLog(filter:)': [
    `query ($id: ID!) {
      subject: viewer { organization { ${page('auditLog(filter: { subjectId: $id })')} } }
      actor: viewer { organization { ${page('auditLog(filter: { actorId: $id })')} } }
    }`,
    'whk',
  ],
  'Event.deliveries(after:)': [
    `query ($id: String!) { events { nodes { ${page('deliveries(after: $id)')} } } }`,
    'dlv',
  ],
  'Mutation.apiKeyRevoke(id:)': [mutation('apiKeyRevoke(id: $id)'), 'key'],
  'Mutation.deliveryRetry(id:)': [mutation('deliveryRetry(id: $id)'), 'dlv'],
  'Mutation.destinationUpdate(id:)': [
    mutation('destinationUpdate(id: $id, input: { name: "Taken over" })'),
    'whk',
  ],
  'Mutation.destinationSelectEvents(id:)': [
    mutation('destinationSelectEvents(id: $id, events: [TODO_CREATED, EMAIL_SENT])'),
    'whk',
  ],
  'Mutation.destinationSendTest(id:)': [
    mutation('destinationSendTest(id: $id, event: TODO_CREATED)'),
    'whk',
  ],
  'Mutation.destinationRevealSecret(id:)': [
    mutation('destinationRevealSecret(id: $id)', '... on SecretRevealed { secret }'),
    'whk',
  ],
  'Mutation.destinationRotateSecret(id:)': [
    mutation('destinationRotateSecret(id: $id)', '... on SecretRevealed { secret }'),
    'whk',
  ],
  'Mutation.eventErase(id:)': [mutation('eventErase(id: $id)'), 'evt'],
  'Mutation.destinationActivate(id:)': [mutation('destinationActivate(id: $id)'), 'whk'],
  'Mutation.destinationDeactivate(id:)': [mutation('destinationDeactivate(id: $id)'), 'whk'],
  'Mutation.destinationDelete(id:)': [mutation('destinationDelete(id: $id)'), 'whk'],
}

/** The same for subscriptions, whose answer is what comes, or does not. */
export const WATCHED: Record<string, [operation: string, kind: Kind]> = {
  'Subscription.deliveryAttempted(destinationId:)': [
    'subscription ($id: ID) { deliveryAttempted(destinationId: $id) { id } }',
    'whk',
  ],
  'Subscription.destinationChanged(id:)': [
    'subscription ($id: ID) { destinationChanged(id: $id) { id } }',
    'whk',
  ],
}
export const BEHIND = 'Subscription.deliveryAttempted(after:)'
export const DELETED = 'Subscription.destinationDeleted(id:)'

/** Fields that lead to something with an id, but from a mutation's answer alone. */
export const FROM_MUTATIONS: Record<string, string> = {
  'SecretRevealed.destination': `mutation ($whk: ID!) {
    destinationRevealSecret(id: $whk) { __typename ... on SecretRevealed { destination { __typename id } } }
  }`,
  'ApiKeyCreated.apiKey': `mutation {
    apiKeyCreate(input: { name: "own", scopes: [EVENTS_PUBLISH] }) {
      __typename ... on ApiKeyCreated { apiKey { __typename id } }
    }
  }`,
  'EventPublished.event': `mutation ($data: JSON!) {
    eventPublish(input: { event: TODO_CREATED, data: $data, idempotencyKey: "another" }) {
      __typename ... on EventPublished { duplicate event { __typename id } }
    }
  }`,
  'IdempotencyConflictError.event': `mutation ($data: JSON!) {
    eventPublish(input: { event: TODO_CREATED, data: $data, idempotencyKey: "first" }) {
      __typename ... on IdempotencyConflictError { event { __typename id } }
    }
  }`,
}

/** Fields of subscriptions, which the tests of subscriptions check. */
export const FROM_SUBSCRIPTIONS = [
  'Subscription.deliveryAttempted',
  'Subscription.destinationChanged',
]

export type Kind = 'org' | 'whk' | 'evt' | 'dlv' | 'att' | 'key' | 'aud' | 'log'
