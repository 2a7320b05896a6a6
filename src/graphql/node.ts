import { brandWithType } from '@pothos/core'
import { queryFromInfo } from '@pothos/plugin-prisma'
import type { GraphQLResolveInfo } from 'graphql'
import { builder } from './builder.ts'
import { type Context, organizationOf } from './context.ts'
import { Node } from './node-interface.ts'
import { badUserInput } from './request-error.ts'
import { type NodeType, typeOfId } from './scalars/id.ts'

const MOST_IDS = 100

/** The scopes for all of the ids together. What is no id of ours is found by nobody. */
function scopesFor(ids: readonly string[]) {
  const types = new Set(ids.map(typeOfId))
  const keys = types.delete('ApiKey')
  types.delete(null)
  types.delete('Organization')
  return {
    signedIn: true,
    ...(types.size > 0 && { DESTINATIONS_READ: true }),
    ...(keys && { KEYS_MANAGE: true }),
  }
}

const SCOPES =
  'Needs no scope for your organization, KEYS_MANAGE for an API key, and DESTINATIONS_READ for all else.'

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    description: `Anything by its id. Null when your organization has nothing with this id, whatever it looks like. ${SCOPES}`,
    authScopes: (_root, { id }) => scopesFor([id]),
    args: { id: t.arg.id({ required: true, description: 'The id of anything that has one.' }) },
    resolve: async (_root, { id }, ctx, info) => (await findNodes([id], ctx, info))[0],
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description: `Many things by their ids, in the order of the ids: null where your organization has nothing with this id. ${SCOPES}`,
    // More are refused below, without a look at each.
    authScopes: (_root, { ids }) => scopesFor(ids.slice(0, MOST_IDS)),
    args: {
      ids: t.arg.idList({ required: true, description: `The ids, at most ${MOST_IDS}.` }),
    },
    resolve: (_root, { ids }, ctx, info) => {
      if (ids.length > MOST_IDS) {
        throw badUserInput(`ids are at most ${MOST_IDS}, got ${ids.length}. Ask in several parts.`)
      }
      return findNodes(ids, ctx, info)
    },
  }),
}))

/** One statement for each type among the ids, plus what is selected of it. */
async function findNodes(ids: readonly string[], ctx: Context, info: GraphQLResolveInfo) {
  const found = new Map<string, object>()
  const reads = [...Map.groupBy(new Set(ids), typeOfId)].map(async ([typeName, id]) => {
    if (!typeName) return
    const query = queryFromInfo({ context: ctx, info, typeName })
    for (const row of await find[typeName](query, id, ctx)) {
      brandWithType(row, typeName as never)
      found.set(row.id, row)
    }
  })
  await Promise.all(reads)
  return ids.map((id) => found.get(id) ?? null)
}

type Find = (query: object, ids: string[], ctx: Context) => Promise<{ id: string }[]>

const find: Record<NodeType, Find> = {
  Organization: (query, ids, ctx) =>
    prisma(ctx).organization.findMany({
      ...query,
      where: { id: { in: ids, equals: organizationOf(ctx) } },
    }),
  Destination: (query, ids, ctx) =>
    prisma(ctx).destination.findMany({ ...query, where: { id: { in: ids }, ...owned(ctx) } }),
  Event: (query, ids, ctx) =>
    prisma(ctx).event.findMany({ ...query, where: { id: { in: ids }, ...owned(ctx) } }),
  Delivery: (query, ids, ctx) =>
    prisma(ctx).delivery.findMany({
      ...query,
      where: { id: { in: ids }, destination: owned(ctx) },
    }),
  DeliveryAttempt: (query, ids, ctx) =>
    prisma(ctx).deliveryAttempt.findMany({ ...query, where: { id: { in: ids }, ...owned(ctx) } }),
  ApiKey: (query, ids, ctx) =>
    prisma(ctx).apiKey.findMany({ ...query, where: { id: { in: ids }, ...owned(ctx) } }),
  AuditEntry: (query, ids, ctx) =>
    prisma(ctx).auditEntry.findMany({
      ...query,
      where: { id: { in: ids }, destination: owned(ctx) },
    }),
}

const prisma = ({ ports }: Context) => ports.db.prisma
const owned = (ctx: Context) => ({ organizationId: organizationOf(ctx) })
