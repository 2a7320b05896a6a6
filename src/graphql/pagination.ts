import { queryFromInfo } from '@pothos/plugin-prisma'
import type { GraphQLResolveInfo } from 'graphql'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { badUserInput } from './request-error.ts'
import { isId, type NodeType, typeOfId } from './scalars/id.ts'

const DEFAULT_SIZE = 25
const LARGEST_SIZE = 100

/** The arguments of every list that comes in pages. */
export const pageArguments = builder.args((t) => ({
  first: t.int({
    defaultValue: DEFAULT_SIZE,
    description: `How many to answer at most, from the beginning, 1 to ${LARGEST_SIZE}. Null means ${DEFAULT_SIZE}. Has no effect beside last.`,
  }),
  after: t.string({
    description:
      'The cursor behind which to begin, from a page of the same list. Null begins with the newest.',
  }),
  last: t.int({
    description: `How many to answer at most, from the end, 1 to ${LARGEST_SIZE}: with before, the page before a cursor, newest first as well. Null pages by first.`,
  }),
  before: t.string({
    description:
      'The cursor before which to end, from a page of the same list. Null ends with the oldest.',
  }),
}))

interface PageArguments {
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

/** Which list a page is of: its cursors are refused by other lists. */
export interface List {
  type: NodeType
  /** The id of the object that has the list; none for a list of the whole organization. */
  of?: string
}

/** To be spread into a findMany whose `where` names no id: from the cursors on, in the order of the page or against it. */
export interface Keyset {
  where: { id?: { lt?: string; gt?: string } }
  orderBy: { id: 'asc' | 'desc' }
  take: number
}

/**
 * Returns one page, newest first. The cursor contains the id of its item, and the page begins below it: it goes on
 * from the same place when the row has been deleted meanwhile.
 * Prisma's own nested lists are not used: it reads a relation whole and cuts the page out of it in memory.
 * @param find reads the rows of the keyset, one more than are shown, which tells whether more follows
 * @throws GraphQLError BAD_USER_INPUT for a size out of range, or a cursor that is none or is of another list
 */
export async function findPage<Row extends { id: string }>(
  { first, after, last, before }: PageArguments,
  list: List,
  find: (keyset: Keyset) => Promise<Row[]>,
) {
  const isBackward = last != null
  const size = isBackward ? sizeOf('last', last) : sizeOf('first', first ?? DEFAULT_SIZE)
  const range = {
    ...(after != null && { lt: idOfCursor('after', after, list) }),
    ...(before != null && { gt: idOfCursor('before', before, list) }),
  }
  const orderBy = { id: isBackward ? ('asc' as const) : ('desc' as const) }
  const where = after == null && before == null ? {} : { id: range }
  const rows = await find({ where, orderBy, take: size + 1 })
  const hasMore = rows.length > size
  const shown = rows.slice(0, size)
  if (isBackward) shown.reverse()
  const edges = shown.map((node) => ({ cursor: cursorOf(node.id, list), node }))
  return {
    edges,
    pageInfo: {
      hasNextPage: isBackward ? before != null : hasMore,
      hasPreviousPage: isBackward ? hasMore : after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

function sizeOf(name: string, size: number): number {
  if (size >= 1 && size <= LARGEST_SIZE) return size
  throw badUserInput(`${name} is 1 to ${LARGEST_SIZE}, got ${size}.`)
}

const cursorOf = (id: string, { of }: List) => (of === undefined ? id : `${id}.${of}`)

function idOfCursor(name: string, cursor: string, list: List): string {
  const [id = '', ...owner] = cursor.split('.')
  if (![id, ...owner].every(isId)) {
    throw badUserInput(
      `${name} is no cursor. Use the startCursor or endCursor of a page as it came.`,
    )
  }
  if (typeOfId(id) !== list.type || cursor !== cursorOf(id, list)) {
    throw badUserInput(
      `${name} is a cursor of another list. Use the startCursor or endCursor of a page of this list.`,
    )
  }
  return id
}

/** What the operation selects of a connection's nodes, to be spread into the findMany. */
export function nodesQuery(ctx: Context, info: GraphQLResolveInfo, typeName: string): object {
  const paths = [['nodes'], ['edges', 'node']]
  return queryFromInfo({ context: ctx, info, typeName, select: { id: true }, paths })
}
