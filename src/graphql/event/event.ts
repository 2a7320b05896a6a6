import type { EventName } from '../../domain/events/index.ts'
import type { Event, Prisma } from '../../generated/prisma/client.ts'
import { MAX_RELATION_ID_LENGTH } from '../../publishing/event.ts'
import { builder, Node } from '../builder.ts'
import type { Context } from '../context.ts'
import { DeliveryConnection } from '../delivery/delivery.ts'
import { requires } from '../description.ts'
import { comparableText, FILTER_RULE, oneOf } from '../filter.ts'
import { pageArguments } from '../pagination.ts'
import { deliveriesOfEvents, events } from '../readers.ts'
import { EventType } from './event-definition.ts'
import { Relations } from './relations.ts'

// `select` makes Prisma read selected columns only: the data of one event can be large.
export const EventRef = builder.prismaObject('Event', {
  description:
    'A published event. Erasing an event removes its data, its relations and the response bodies of its attempts, and nothing else.',
  interfaces: [Node],
  select: { id: true },
  findUnique: events.key,
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        'The id of the event, with the prefix evt_. Receivers get it in the header webhook-id, the same in every attempt.',
    }),
    type: t.field({
      type: EventType,
      description: 'The type of the event.',
      select: { type: true },
      resolve: ({ type }) => type as EventName,
    }),
    data: t.field({
      type: 'JSON',
      description:
        'The data of the event, as it was published. EventDefinition.schema describes it. An empty object if the event was erased.',
      select: { data: true },
      resolve: ({ data }) => JSON.parse(data) as unknown,
    }),
    relations: t.field({
      type: Relations,
      description:
        'The CRM records that the event relates to. All lists are empty if the event was erased.',
      select: { relations: true },
      resolve: ({ relations }) => JSON.parse(relations),
    }),
    timestamp: t.expose('timestamp', {
      type: 'DateTime',
      description: 'When the event happened. Payloads contain this time.',
    }),
    idempotencyKey: t.exposeString('idempotencyKey', {
      nullable: true,
      description: 'The idempotency key from its publication. Null if there was none.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was published.' }),
    erasedAt: t.expose('erasedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When eventErase removed its content. Null if it was not erased.',
    }),
    deliveries: t.field({
      ...requires(
        'The deliveries of the event, one for each destination that subscribed to it, newest first.',
        'DESTINATIONS_READ',
      ),
      type: DeliveryConnection,
      args: pageArguments,
      resolve: ({ id }, args, ctx, info) =>
        deliveriesOfEvents.page(ctx, info, { args, of: id, where: { eventId: id } }),
    }),
  }),
})

const EventConnection = builder.connectionObject(
  { type: EventRef, name: 'EventConnection', description: 'A page of events, newest first.' },
  { name: 'EventEdge', description: 'An event with its cursor.' },
)

const EventFilter = builder.inputType('EventFilter', {
  description: `Restricts a list of events. ${FILTER_RULE}`,
  fields: (t) => ({
    types: t.field({
      type: [EventType],
      description: 'Matches events of any of these types. An empty list matches none.',
    }),
    relatedTo: t.string({
      description: `Matches events that have exactly this CRM id, of at most ${MAX_RELATION_ID_LENGTH} characters, in any list of their relations. Erased events never match.`,
    }),
    since: t.field({
      type: 'DateTime',
      description: 'Matches events that happened at this time or later.',
    }),
    until: t.field({
      type: 'DateTime',
      description: 'Matches events that happened before this time.',
    }),
  }),
})

builder.queryFields((t) => ({
  event: t.prismaField({
    ...requires(
      'Returns the event with the given id. Null if your organization has none.',
      'DESTINATIONS_READ',
    ),
    type: 'Event',
    nullable: true,
    args: {
      id: t.arg.id({ required: true, description: 'The id of the event, with the prefix evt_.' }),
    },
    resolve: (query, _root, { id }, ctx) => events.find(ctx, query, id),
  }),
  events: t.field({
    ...requires(
      'Returns the published events of your organization, newest first, without those of test sends.',
      'DESTINATIONS_READ',
    ),
    type: EventConnection,
    args: {
      ...pageArguments,
      filter: t.arg({ type: EventFilter, description: 'Restricts the list.' }),
    },
    resolve: (_root, { filter, ...args }, ctx, info) =>
      events.page(ctx, info, { args, where: { ...eventsMatching(filter), test: false } }),
  }),
}))

function eventsMatching(
  filter: typeof EventFilter.$inferInput | null | undefined,
): Prisma.EventWhereInput {
  const { types, relatedTo, since, until } = filter ?? {}
  return {
    ...(types && { type: oneOf(types) }),
    ...(relatedTo != null && {
      relatedIds: { has: comparableText('relatedTo', relatedTo, MAX_RELATION_ID_LENGTH) },
    }),
    timestamp: { ...(since && { gte: since }), ...(until && { lt: until }) },
  }
}

/**
 * Returns events that exist, by id. Takes one statement, or none if the operation selects only ids.
 * @param query what the operation selects of them
 */
export async function readEvents(
  query: { select?: object },
  ids: readonly string[],
  ctx: Context,
): Promise<Map<string, Event>> {
  const rows =
    Object.keys(query.select ?? {}).join() === 'id'
      ? ids.map((id) => ({ id }) as Event)
      : await events.list(ctx, query, { id: { in: [...ids] } })
  return new Map(rows.map((row) => [row.id, row]))
}
