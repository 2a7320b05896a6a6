import type { EventName } from '../../domain/events/index.ts'
import type { Event, Prisma } from '../../generated/prisma/client.ts'
import { builder } from '../builder.ts'
import { type Context, organizationOf } from '../context.ts'
import { DeliveryConnection } from '../delivery/delivery.ts'
import { oneOf, withoutNul } from '../filter.ts'
import { Node } from '../node-interface.ts'
import { findPage, nodesQuery, pageArguments } from '../pagination.ts'
import { isId } from '../scalars/id.ts'
import { EventType } from './event-type.ts'
import { Relations } from './relations.ts'

// With a select, only the columns that are asked for are read: the data of one event can be large.
export const EventRef = builder.prismaObject('Event', {
  description:
    'Something that happened, as it was published. Of an event that was erased, everything but data, relations and the answers of receivers stays.',
  interfaces: [Node],
  select: { id: true },
  findUnique: ({ id }, ctx) => ({ id, organizationId: organizationOf(ctx) }),
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        "The event's id, beginning with evt_. Receivers get it as webhook-id, the same in every attempt and resend.",
    }),
    type: t.field({
      type: EventType,
      description: 'What happened.',
      select: { type: true },
      resolve: ({ type }) => type as EventName,
    }),
    data: t.field({
      type: 'JSON',
      description:
        "What is told about it, as published: see the event's definition for its schema. An empty object when the event was erased.",
      select: { data: true },
      resolve: ({ data }) => JSON.parse(data) as unknown,
    }),
    relations: t.field({
      type: Relations,
      description: "What it is about in the customer's CRM. Empty lists when the event was erased.",
      select: { relations: true },
      resolve: ({ relations }) => JSON.parse(relations),
    }),
    timestamp: t.expose('timestamp', {
      type: 'DateTime',
      description: 'When it happened, as the payload says it.',
    }),
    idempotencyKey: t.exposeString('idempotencyKey', {
      nullable: true,
      description: 'The key under which it was published. Null when it was published without one.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was published.',
    }),
    erasedAt: t.expose('erasedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its content was erased for good by eventErase. Null when it was not.',
    }),
    deliveries: t.field({
      type: DeliveryConnection,
      description:
        'Its way to each destination that had selected it, newest first. Empty when none had. Needs the scope DESTINATIONS_READ.',
      authScopes: { DESTINATIONS_READ: true },
      args: pageArguments,
      resolve: ({ id }, args, ctx, info) =>
        findPage(args, { type: 'Delivery', of: id }, ({ where, ...keyset }) =>
          ctx.ports.db.prisma.delivery.findMany({
            ...nodesQuery(ctx, info, 'Delivery'),
            ...keyset,
            where: { ...where, eventId: id, event: { organizationId: organizationOf(ctx) } },
          }),
        ),
    }),
  }),
})

const EventConnection = builder.connectionObject(
  { type: EventRef, name: 'EventConnection', description: 'A page of events, newest first.' },
  { name: 'EventEdge', description: 'An event and where it stands in its list.' },
)

const EventFilter = builder.inputType('EventFilter', {
  description:
    'Which events to list. What is null or left out does not restrict; all the rest must hold.',
  fields: (t) => ({
    types: t.field({
      type: [EventType],
      description: 'Of any of these types. An empty list matches none.',
    }),
    relatedTo: t.string({
      description:
        'With this CRM id in any list of its relations, whole and in the same case. Erased events are not found by it.',
    }),
    since: t.field({ type: 'DateTime', description: 'That happened at this moment or later.' }),
    until: t.field({
      type: 'DateTime',
      description: 'That happened before this moment, not at it.',
    }),
  }),
})

builder.queryFields((t) => ({
  event: t.prismaField({
    type: 'Event',
    nullable: true,
    description:
      'One event by its id. Null when your organization has none with this id. Needs the scope DESTINATIONS_READ.',
    authScopes: { DESTINATIONS_READ: true },
    args: { id: t.arg.id({ required: true, description: "The event's id, beginning with evt_." }) },
    resolve: (query, _root, { id }, ctx) =>
      isId(id)
        ? ctx.ports.db.prisma.event.findUnique({
            ...query,
            where: { id, organizationId: organizationOf(ctx) },
          })
        : null,
  }),
  events: t.field({
    type: EventConnection,
    description:
      'What was published in your organization, newest first; the events of test sends are not listed. Needs the scope DESTINATIONS_READ.',
    authScopes: { DESTINATIONS_READ: true },
    args: {
      ...pageArguments,
      filter: t.arg({ type: EventFilter, description: 'Which ones. Null means all.' }),
    },
    resolve: (_root, { filter, ...args }, ctx, info) =>
      findPage(args, { type: 'Event' }, ({ where, ...keyset }) =>
        ctx.ports.db.prisma.event.findMany({
          ...nodesQuery(ctx, info, 'Event'),
          ...keyset,
          where: {
            ...where,
            ...matching(filter),
            organizationId: organizationOf(ctx),
            test: false,
          },
        }),
      ),
  }),
}))

function matching(
  filter: typeof EventFilter.$inferInput | null | undefined,
): Prisma.EventWhereInput {
  const { types, relatedTo, since, until } = filter ?? {}
  return {
    ...(types && { type: oneOf(types) }),
    ...(relatedTo != null && { relatedIds: { has: withoutNul('relatedTo', relatedTo) } }),
    timestamp: { ...(since && { gte: since }), ...(until && { lt: until }) },
  }
}

/**
 * Reads events that must be there, in one statement; in none when only their ids are wanted.
 * @param query what the operation selects of them
 * @returns them by id
 */
export async function readEvents(
  query: { select?: object },
  ids: readonly string[],
  ctx: Context,
): Promise<Map<string, Event>> {
  const rows =
    Object.keys(query.select ?? {}).join() === 'id'
      ? ids.map((id) => ({ id }) as Event)
      : await ctx.ports.db.prisma.event.findMany({
          ...query,
          where: { id: { in: [...ids] }, organizationId: organizationOf(ctx) },
        })
  return new Map(rows.map((row) => [row.id, row]))
}
