import { queryFromInfo } from '@pothos/plugin-prisma'
import type { GraphQLResolveInfo } from 'graphql'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { badUserInput } from './request-error.ts'
import { isId, type NodeType, typeOfId } from './scalars/id.ts'

/** Items of a page whose size is not given. */
export const DEFAULT_PAGE_SIZE = 25
export const MAX_PAGE_SIZE = 100

/** The arguments of every paginated list. */
export const pageArguments = builder.args((t) => ({
  first: t.int({
    defaultValue: DEFAULT_PAGE_SIZE,
    description: `The maximum number of items to return from the beginning, 1 to ${MAX_PAGE_SIZE}. Null means ${DEFAULT_PAGE_SIZE}. Ignored if last is given.`,
  }),
  after: t.string({
    description:
      'Returns only items after this cursor of the same list. Null means no restriction.',
  }),
  last: t.int({
    description: `The maximum number of items to return from the end, 1 to ${MAX_PAGE_SIZE}. Combine it with before to page backward. The order stays the same, newest first. Null pages forward.`,
  }),
  before: t.string({
    description:
      'Returns only items before this cursor of the same list. Null means no restriction.',
  }),
}))

export interface PageArguments {
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

/** The list that a page is of. Cursors are valid for one list. */
export interface List {
  type: NodeType
  /** The id of the object that has the list. Left out for a list of the whole organization. */
  of?: string
}

/** The part of a findMany that selects the rows of a page. The rest of its `where` must not name `id`. */
export interface Keyset {
  where: { id?: { lt?: string; gt?: string } }
  orderBy: { id: 'asc' | 'desc' }
  take: number
}

/**
 * Returns one page, newest first. A cursor contains the id of its item, and the next page begins below that id, so a
 * cursor stays valid if its row is deleted.
 * Prisma's own nested lists are not used, because Prisma reads a whole relation and cuts the page in memory.
 * @param find reads the rows of the keyset: one more than the page has, which shows whether more follow
 * @throws GraphQLError BAD_USER_INPUT for a size out of range, and for a cursor that is malformed or of another list
 */
export async function findPage<Row extends { id: string }>(
  { first, after, last, before }: PageArguments,
  list: List,
  find: (keyset: Keyset) => Promise<Row[]>,
) {
  const isBackward = last != null
  const size = isBackward ? checkSize('last', last) : checkSize('first', first ?? DEFAULT_PAGE_SIZE)
  const range = {
    ...(after != null && { lt: idOfCursor('after', after, list) }),
    ...(before != null && { gt: idOfCursor('before', before, list) }),
  }
  const orderBy = { id: isBackward ? ('asc' as const) : ('desc' as const) }
  const where = after == null && before == null ? {} : { id: range }
  const rows = await find({ where, orderBy, take: size + 1 })
  const hasMore = rows.length > size
  const page = rows.slice(0, size)
  if (isBackward) page.reverse()
  const edges = page.map((node) => ({ cursor: cursorOf(node.id, list), node }))
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

function checkSize(name: string, size: number): number {
  if (size >= 1 && size <= MAX_PAGE_SIZE) return size
  throw badUserInput(`${name} must be 1 to ${MAX_PAGE_SIZE}, got ${size}.`)
}

const cursorOf = (id: string, { of }: List) => (of === undefined ? id : `${id}.${of}`)

function idOfCursor(name: string, cursor: string, list: List): string {
  const [id = '', ...owner] = cursor.split('.')
  if (![id, ...owner].every(isId)) {
    throw badUserInput(
      `${name} is not a cursor. Pass the startCursor or endCursor of a page unchanged.`,
    )
  }
  if (typeOfId(id) !== list.type || cursor !== cursorOf(id, list)) {
    throw badUserInput(
      `${name} is a cursor of another list. Pass the startCursor or endCursor of a page of this list.`,
    )
  }
  return id
}

/** Returns what the operation selects of a connection's nodes, to spread into a findMany. */
export function nodesQuery(ctx: Context, info: GraphQLResolveInfo, typeName: string): object {
  const paths = [['nodes'], ['edges', 'node']]
  return queryFromInfo({ context: ctx, info, typeName, select: { id: true }, paths })
}
