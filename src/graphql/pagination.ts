import { queryFromInfo } from '@pothos/plugin-prisma'
import type { GraphQLResolveInfo } from 'graphql'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { isId } from './id.ts'
import { badUserInput } from './request-error.ts'

const DEFAULT_SIZE = 25
const LARGEST_SIZE = 100

/** The arguments of every list that comes in pages. */
export const pageArguments = builder.args((t) => ({
  first: t.int({
    defaultValue: DEFAULT_SIZE,
    description: `How many to answer at most, 1 to ${LARGEST_SIZE}. Null means ${DEFAULT_SIZE}.`,
  }),
  after: t.string({
    description:
      'The cursor behind which to go on, from an earlier page. Null begins with the newest.',
  }),
}))

interface PageArguments {
  first?: number | null | undefined
  after?: string | null | undefined
}

/** To be spread into a findMany whose `where` names no id: newest first, from the cursor on. */
export interface Keyset {
  where: { id?: { lt: string } }
  orderBy: { id: 'desc' }
  take: number
}

/**
 * One page, newest first. The cursor is the id itself, and the page begins below it: it goes on from the
 * same place when the row that it names has been deleted meanwhile.
 * Prisma's own nested lists are not used: it reads a relation whole and cuts the page out of it in memory.
 * @param find reads the rows of the keyset, one more than are shown, which tells whether more follows
 * @throws GraphQLError BAD_USER_INPUT for a `first` out of range or a cursor that is none
 */
export async function findPage<Row extends { id: string }>(
  { first, after }: PageArguments,
  find: (keyset: Keyset) => Promise<Row[]>,
) {
  const size = first ?? DEFAULT_SIZE
  if (size < 1 || size > LARGEST_SIZE) {
    throw badUserInput(`first is 1 to ${LARGEST_SIZE}, got ${size}.`)
  }
  if (after != null && !isId(after)) {
    throw badUserInput('after is no cursor. Use the endCursor of an earlier page as it came.')
  }
  const rows = await find({
    where: after == null ? {} : { id: { lt: after } },
    orderBy: { id: 'desc' },
    take: size + 1,
  })
  const edges = rows.slice(0, size).map((node) => ({ cursor: node.id, node }))
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > size,
      hasPreviousPage: after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

/** What the operation selects of a connection's nodes, to be spread into the findMany. */
export function nodesQuery(ctx: Context, info: GraphQLResolveInfo, typeName: string): object {
  const paths = [['nodes'], ['edges', 'node']]
  return queryFromInfo({ context: ctx, info, typeName, select: { id: true }, paths })
}
