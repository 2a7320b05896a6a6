import type { GraphQLSchema } from 'graphql'
import './scalars/date-time.ts'
import './scalars/json.ts'
import './scalars/url.ts'
import './node.ts'
import './access/viewer.ts'
import './event/event-definition.ts'
import './destination/destination.ts'
import './destination/destination-queries.ts'
import './destination/destination-mutations.ts'
import './destination/destination-subscription.ts'
import './destination/signing-secret.ts'
import './destination/secret-mutations.ts'
import './event/event.ts'
import './event/event-mutations.ts'
import './delivery/delivery.ts'
import './delivery/delivery-mutations.ts'
import './delivery/delivery-attempt.ts'
import './delivery/attempt-subscription.ts'
import './access/api-key.ts'
import './access/api-key-mutations.ts'
import './refusals.ts'
import { builder } from './builder.ts'

const authScopes = { signedIn: true }

builder.queryType({
  description: 'Reads data of the organization that the caller acts for.',
  authScopes,
})
builder.mutationType({
  description:
    'Changes data. Each mutation returns a union of its result and the errors that the caller can act on, which implement UserError. Other errors are in the top-level errors of the response, with the mutation null and a code in extensions.code; other mutations of the operation keep their results. FORBIDDEN means that a scope is missing. RATE_LIMITED means that the caller sent too many mutations within a minute: no mutation of the operation ran, and extensions.retryAfterSeconds contains the time to wait. INTERNAL_SERVER_ERROR is a fault of the service, with an id to quote in extensions.requestId; if extensions.reason is UNAVAILABLE, the fault is temporary, and the mutation may have been executed: check its result, or repeat it with the same idempotency key.',
  authScopes,
})
builder.subscriptionType({
  description:
    'Emits changes as they happen, over WebSocket (graphql-ws), server-sent events or multipart HTTP.',
  authScopes,
})

let schema: GraphQLSchema | undefined

/** Returns the schema, which is built on the first call. It needs no database: the context provides the client. */
export function createSchema(): GraphQLSchema {
  // Building registers the result unions with the builder, which accepts them only once.
  schema ??= builder.toSchema({ sortSchema: false })
  return schema
}
