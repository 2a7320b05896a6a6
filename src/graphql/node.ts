import { brandWithType } from '@pothos/core'
import { queryFromInfo } from '@pothos/plugin-prisma'
import type { GraphQLResolveInfo } from 'graphql'
import { builder } from './builder.ts'
import { type Context, organizationOf } from './context.ts'
import { type NodeType, typeOfId } from './id.ts'
import { Node } from './node-interface.ts'
import { badUserInput } from './request-error.ts'

const MOST_IDS = 100

const scopeFor = (ids: readonly string[]) =>
  ids.some((id) => typeOfId(id) !== null && typeOfId(id) !== 'Organization')
    ? { DESTINATIONS_READ: true }
    : { signedIn: true }

const SCOPES = 'Needs the scope DESTINATIONS_READ for all but your organization.'

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    description: `Anything by its id. Null when your organization has nothing with this id, whatever it looks like. ${SCOPES}`,
    authScopes: (_root, { id }) => scopeFor([id]),
    args: { id: t.arg.id({ required: true, description: 'The id of anything that has one.' }) },
    resolve: async (_root, { id }, ctx, info) => (await findNodes([id], ctx, info))[0],
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description: `Many things by their ids, in the order of the ids: null where your organization has nothing with this id. ${SCOPES}`,
    authScopes: (_root, { ids }) => scopeFor(ids),
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
}

const prisma = ({ ports }: Context) => ports.db.prisma
const owned = (ctx: Context) => ({ organizationId: organizationOf(ctx) })
