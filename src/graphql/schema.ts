import type { GraphQLSchema } from 'graphql'
import './scalars/date-time.ts'
import './scalars/json.ts'
import './scalars/url.ts'
import './node.ts'
import './access/viewer.ts'
import './access/organization.ts'
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
import './errors.ts'
import { builder } from './builder.ts'

const authScopes = { signedIn: true }

builder.queryType({
  description: 'What can be read. Everything is seen as the organization of the key sees it.',
  authScopes,
})
builder.mutationType({
  description:
    'What can be done. Each answers a union: its result, or a refusal that implements UserError. It is null beside an error in errors, such as FORBIDDEN for a scope that is missing; other mutations of the operation keep their results. Whoever sends too many in a minute gets the error RATE_LIMITED, with the whole seconds to wait in extensions.retryAfterSeconds, and nothing of that operation is done. A fault of ours is INTERNAL_SERVER_ERROR with the id of the request in extensions.requestId; with UNAVAILABLE in extensions.reason it passes: look whether it was done, or repeat it with the same idempotency key, in a few seconds.',
  authScopes,
})
builder.subscriptionType({
  description: 'What can be watched, over a WebSocket (graphql-ws) or server-sent events.',
  authScopes,
})

let schema: GraphQLSchema | undefined

/** The whole API, made when first asked for. It knows no database: what it needs comes with each operation's context. */
export function createSchema(): GraphQLSchema {
  // Making it registers the result unions with the builder, which can be done only once.
  schema ??= builder.toSchema({ sortSchema: false })
  return schema
}
