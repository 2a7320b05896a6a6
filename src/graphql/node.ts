import { brandWithType } from '@pothos/core'
import { queryFromInfo } from '@pothos/plugin-prisma'
import type { GraphQLResolveInfo } from 'graphql'
import type { Scope } from '../domain/api-key.ts'
import { AUDIT_LOG_SCOPES } from './access/scope.ts'
import { builder, Node } from './builder.ts'
import type { Context } from './context.ts'
import { readers } from './readers.ts'
import { badUserInput } from './request-error.ts'
import { type NodeType, typeOfId } from './scalars/id.ts'

/** Ids that `nodes` accepts. */
export const MAX_NODE_IDS = 100

const SCOPES_OF: Partial<Record<NodeType, readonly Scope[]>> = {
  Destination: ['DESTINATIONS_READ'],
  Event: ['DESTINATIONS_READ'],
  Delivery: ['DESTINATIONS_READ'],
  DeliveryAttempt: ['DESTINATIONS_READ'],
  AuditEntry: ['DESTINATIONS_READ'],
  ApiKey: ['KEYS_MANAGE'],
  AuditLogEntry: AUDIT_LOG_SCOPES,
}

const REQUIRED_SCOPES = `Requires the scope KEYS_MANAGE for API keys, ${AUDIT_LOG_SCOPES.join(' and ')} for entries of the audit log of the organization, DESTINATIONS_READ for other types, and none for the organization.`

/** Returns the scopes that reading these ids requires. A malformed id requires none: it matches nothing. */
function scopesFor(ids: readonly string[]) {
  const types = new Set(ids.map(typeOfId)).values()
  const scopes = types.flatMap((type) => (type && SCOPES_OF[type]) ?? [])
  return { signedIn: true, ...Object.fromEntries(scopes.map((scope) => [scope, true] as const)) }
}

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    description: `Returns the object with the given id. Null if your organization has none. ${REQUIRED_SCOPES}`,
    authScopes: (_root, { id }) => scopesFor([id]),
    args: {
      id: t.arg.id({ required: true, description: 'The id of an object of any type.' }),
    },
    resolve: async (_root, { id }, ctx, info) => (await findNodes([id], ctx, info))[0],
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description: `Returns the objects with the given ids, in the same order, with null for each id that your organization does not have. ${REQUIRED_SCOPES}`,
    // The resolver refuses a longer list, so its other ids need no check.
    authScopes: (_root, { ids }) => scopesFor(ids.slice(0, MAX_NODE_IDS)),
    args: {
      ids: t.arg.idList({
        required: true,
        description: `The ids, at most ${MAX_NODE_IDS}, of objects of any type.`,
      }),
    },
    resolve: (_root, { ids }, ctx, info) => {
      if (ids.length > MAX_NODE_IDS) {
        throw badUserInput(
          `ids must have at most ${MAX_NODE_IDS} items, got ${ids.length}. Split them over several queries.`,
        )
      }
      return findNodes(ids, ctx, info)
    },
  }),
}))

/** Reads objects with one statement for each type among the ids, plus those for what the operation selects below. */
async function findNodes(ids: readonly string[], ctx: Context, info: GraphQLResolveInfo) {
  const found = new Map<string, object>()
  const reads = [...Map.groupBy(new Set(ids), typeOfId)].map(async ([typeName, idsOfType]) => {
    if (!typeName) return
    const query = queryFromInfo({ context: ctx, info, typeName })
    for (const row of await readers[typeName].list(ctx, query, { id: { in: idsOfType } })) {
      brandWithType(row, typeName as never)
      found.set(row.id, row)
    }
  })
  await Promise.all(reads)
  return ids.map((id) => found.get(id) ?? null)
}
