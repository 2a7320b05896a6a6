import { MAX_URL_LENGTH } from '../../domain/destination-url.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import { builder } from '../builder.ts'
import { grouped, requires } from '../description.ts'
import { EventType } from '../event/event-definition.ts'
import { comparableText, FILTER_RULE, oneOf } from '../filter.ts'
import { pageArguments } from '../pagination.ts'
import { destinations } from '../readers.ts'
import { Destination } from './destination.ts'
import { destinationArgument } from './destination-argument.ts'
import { DestinationStatus } from './destination-status.ts'

const DestinationConnection = builder.connectionObject(
  {
    type: Destination,
    name: 'DestinationConnection',
    description: 'A page of destinations, newest first.',
    fields: (t) => ({
      totalCount: t.int({
        description:
          'The number of destinations that match the filter, on all pages together. Computed only if selected.',
        resolve: (connection) => (connection as unknown as Counted).totalCount(),
      }),
    }),
  },
  { name: 'DestinationEdge', description: 'A destination with its cursor.' },
)

interface Counted {
  totalCount(): Promise<number>
}

const DestinationFilter = builder.inputType('DestinationFilter', {
  description: `Restricts a list of destinations. ${FILTER_RULE}`,
  fields: (t) => ({
    status: t.field({
      type: [DestinationStatus],
      description: 'Matches destinations with any of these statuses. An empty list matches none.',
    }),
    events: t.field({
      type: [EventType],
      description:
        'Matches destinations that subscribe to any of these event types. An empty list matches none.',
    }),
    search: t.string({
      description: `Matches destinations whose name or URL contains this text of at most ${grouped(MAX_URL_LENGTH)} characters. Upper and lower case are equal.`,
    }),
  }),
})

builder.queryFields((t) => ({
  destination: t.prismaField({
    ...requires(
      'Returns the destination with the given id. Null if your organization has none.',
      'DESTINATIONS_READ',
    ),
    type: 'Destination',
    nullable: true,
    args: destinationArgument,
    resolve: (query, _root, { id }, ctx) => destinations.find(ctx, query, id),
  }),
  destinations: t.field({
    ...requires(
      'Returns the destinations of your organization, newest first.',
      'DESTINATIONS_READ',
    ),
    type: DestinationConnection,
    args: {
      ...pageArguments,
      filter: t.arg({ type: DestinationFilter, description: 'Restricts the list.' }),
    },
    resolve: async (_root, { filter, ...args }, ctx, info) => {
      const where = destinationsMatching(filter)
      const page = await destinations.page(ctx, info, { args, where })
      return { ...page, totalCount: () => destinations.count(ctx, where) }
    },
  }),
}))

function destinationsMatching(
  filter: typeof DestinationFilter.$inferInput | null | undefined,
): Prisma.DestinationWhereInput {
  const { status, events, search } = filter ?? {}
  return {
    ...(status && { status: oneOf(status) }),
    ...(events && { events: { hasSome: events } }),
    ...(search && { OR: [{ name: containing(search) }, { url: containing(search) }] }),
  }
}

/** Escapes %, _ and \, because Prisma puts the text into a LIKE pattern unchanged. */
function containing(search: string) {
  const contains = comparableText('search', search, MAX_URL_LENGTH).replace(/[\\%_]/g, '\\$&')
  return { contains, mode: 'insensitive' } as const
}
