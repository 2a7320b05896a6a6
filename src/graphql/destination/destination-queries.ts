import type { Prisma } from '../../generated/prisma/client.ts'
import { builder } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { EventType } from '../event/event-type.ts'
import { oneOf, withoutNul } from '../filter.ts'
import { findPage, nodesQuery, pageArguments } from '../pagination.ts'
import { isId } from '../scalars/id.ts'
import { Destination } from './destination.ts'
import { destinationArgument } from './destination-key.ts'
import { DestinationStatus } from './destination-status.ts'

const DestinationConnection = builder.connectionObject(
  {
    type: Destination,
    name: 'DestinationConnection',
    description: 'A page of destinations, newest first.',
    fields: (t) => ({
      totalCount: t.int({
        description:
          'How many the filter matches, on all pages together. Counted only when asked for.',
        resolve: (connection) => (connection as unknown as Counted).totalCount(),
      }),
    }),
  },
  { name: 'DestinationEdge', description: 'A destination and where it stands in its list.' },
)

interface Counted {
  totalCount(): Promise<number>
}

const DestinationFilter = builder.inputType('DestinationFilter', {
  description:
    'Which destinations to list. What is null or left out does not restrict; all the rest must hold.',
  fields: (t) => ({
    status: t.field({
      type: [DestinationStatus],
      description: 'That stand in any of these ways. An empty list matches none.',
    }),
    events: t.field({
      type: [EventType],
      description: 'That selected any of these. An empty list matches none.',
    }),
    search: t.string({
      description: 'That have this text somewhere in their name or URL, in whatever case.',
    }),
  }),
})

builder.queryFields((t) => ({
  destination: t.prismaField({
    type: 'Destination',
    nullable: true,
    description:
      'One destination by its id. Null when your organization has none with this id. Needs the scope DESTINATIONS_READ.',
    authScopes: { DESTINATIONS_READ: true },
    args: destinationArgument,
    resolve: (query, _root, { id }, ctx) =>
      isId(id)
        ? ctx.ports.db.prisma.destination.findUnique({
            ...query,
            where: { id, organizationId: organizationOf(ctx) },
          })
        : null,
  }),
  destinations: t.field({
    type: DestinationConnection,
    description:
      'The destinations of your organization, newest first. Needs the scope DESTINATIONS_READ.',
    authScopes: { DESTINATIONS_READ: true },
    args: {
      ...pageArguments,
      filter: t.arg({ type: DestinationFilter, description: 'Which ones. Null means all.' }),
    },
    resolve: async (_root, { filter, ...args }, ctx, info) => {
      const { destination } = ctx.ports.db.prisma
      const matching = { ...matches(filter), organizationId: organizationOf(ctx) }
      const page = await findPage(args, { type: 'Destination' }, ({ where, ...keyset }) =>
        destination.findMany({
          ...nodesQuery(ctx, info, 'Destination'),
          ...keyset,
          where: { ...where, ...matching },
        }),
      )
      return { ...page, totalCount: () => destination.count({ where: matching }) }
    },
  }),
}))

function matches(
  filter: typeof DestinationFilter.$inferInput | null | undefined,
): Prisma.DestinationWhereInput {
  const { status, events, search } = filter ?? {}
  return {
    ...(status && { status: oneOf(status) }),
    ...(events && { events: { hasSome: events } }),
    ...(search && { OR: [{ name: containing(search) }, { url: containing(search) }] }),
  }
}

/** In a pattern of LIKE, which Prisma makes of it, %, _ and \ would mean something else than themselves. */
function containing(search: string) {
  const contains = withoutNul('search', search).replace(/[\\%_]/g, '\\$&')
  return { contains, mode: 'insensitive' } as const
}
