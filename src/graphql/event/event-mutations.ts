import { queryFromInfo } from '@pothos/plugin-prisma'
import type { GraphQLResolveInfo } from 'graphql'
import { IdempotencyConflictError, NotFoundError, ValidationError } from '../../domain/errors.ts'
import { MAX_NESTING_LEVELS } from '../../domain/json.ts'
import type { Event } from '../../generated/prisma/client.ts'
import {
  type EventInput,
  MAX_EVENTS_PER_CALL,
  MAX_KEY_LENGTH,
  publishEvent,
  publishEvents,
} from '../../publishing/event.ts'
import type { PublishedEvent } from '../../publishing/plan.ts'
import { eraseEvent } from '../../retention/erasure.ts'
import { builder } from '../builder.ts'
import { actorOf, type Context, organizationOf } from '../context.ts'
import { grouped, requires } from '../description.ts'
import { events } from '../readers.ts'
import { refusals } from '../refusals.ts'
import { isId } from '../scalars/id.ts'
import { EventRef, readEvents } from './event.ts'
import { EventType } from './event-definition.ts'
import { RelationsInput, relationsOf } from './relations.ts'

const EventPublishInput = builder.inputType('EventPublishInput', {
  description: 'An event to publish.',
  fields: (t) => ({
    event: t.field({ type: EventType, required: true, description: 'The type of the event.' }),
    data: t.field({
      type: 'JSON',
      required: true,
      description: `The data of the event: an object that matches EventDefinition.schema, nested at most ${MAX_NESTING_LEVELS} levels deep. Fields that the schema does not name are kept. A number that a 64-bit double cannot represent exactly, such as 50755254975729665, is refused; send it as a string.`,
    }),
    relations: t.field({
      type: RelationsInput,
      description: 'The CRM records that the event relates to. Null or left out: none.',
    }),
    timestamp: t.field({
      type: 'DateTime',
      description:
        'When the event happened, with millisecond precision: from the year 2000 to one day ahead of now. Null or left out: now.',
    }),
    idempotencyKey: t.string({
      description: `A key that makes retries safe, 1 to ${MAX_KEY_LENGTH} characters, unique within the organization. Publishing the same event again with the same key returns the first event and delivers nothing. Data is compared as canonical JSON (RFC 8785), so the order of object members does not matter. The key of an erased event always returns that event. Null or left out: every call publishes a new event.`,
    }),
  }),
})

type Published = PublishedEvent & { event: Event }

const EventPublished = builder.objectRef<Published>('EventPublished').implement({
  description: 'A stored event, with a delivery for every destination that subscribed to it.',
  fields: (t) => ({
    event: t.expose('event', {
      type: EventRef,
      description: 'The event. For a duplicate, the one that was published first.',
    }),
    duplicate: t.exposeBoolean('duplicate', {
      description:
        'Whether this event was already published with the same idempotency key. Nothing was done then.',
    }),
    deliveryCount: t.exposeInt('deliveryCount', {
      description:
        'The number of deliveries that were created, including SKIPPED ones. 0 for a duplicate.',
    }),
  }),
})

const EventsPublished = builder.objectRef<PublishedEvent[]>('EventsPublished').implement({
  description: 'The stored events of a batch.',
  fields: (t) => ({
    results: t.field({
      type: [EventPublished],
      description: 'The result of each event, in the order of the inputs.',
      resolve: (published, _args, ctx, info) => withEvents(published, ctx, info),
    }),
  }),
})

/** Reads all events of a call at once, and of each only what the operation selects below `event`. */
async function withEvents(
  published: readonly PublishedEvent[],
  ctx: Context,
  info: GraphQLResolveInfo,
): Promise<Published[]> {
  const query = queryFromInfo({
    context: ctx,
    info,
    typeName: 'Event',
    path: ['event'],
    select: { id: true },
  })
  const ids = published.map(({ eventId }) => eventId)
  const found = await readEvents(query, ids, ctx)
  return published.map((one) => ({ ...one, event: found.get(one.eventId)! }))
}

builder.mutationFields((t) => ({
  eventPublish: t.field({
    ...requires(
      'Publishes an event. When this returns, every destination that subscribes to the event type has a delivery: PENDING if the destination is ACTIVE, otherwise SKIPPED.',
      'EVENTS_PUBLISH',
    ),
    type: EventPublished,
    args: {
      input: t.arg({ type: EventPublishInput, required: true, description: 'The event.' }),
    },
    nullable: true,
    errors: refusals(
      'The published event, or the reason why it was not published.',
      ValidationError,
      IdempotencyConflictError,
    ),
    resolve: async (_root, { input }, ctx, info) => {
      const published = await publishEvent(ctx.ports, organizationOf(ctx), eventOf(input))
      const [event] = await withEvents([published], ctx, info)
      return event!
    },
  }),
  eventPublishMany: t.field({
    ...requires(
      `Publishes up to ${grouped(MAX_EVENTS_PER_CALL)} events at once: all of them, or none if one is refused. The paths of issues begin with the index of the event.`,
      'EVENTS_PUBLISH',
    ),
    type: EventsPublished,
    args: {
      inputs: t.arg({
        type: [EventPublishInput],
        required: true,
        description: `The events, 1 to ${grouped(MAX_EVENTS_PER_CALL)}, in the order in which to send them.`,
      }),
    },
    nullable: true,
    errors: refusals(
      'The published events, or the reason why none was published.',
      ValidationError,
      IdempotencyConflictError,
    ),
    resolve: (_root, { inputs }, ctx) =>
      publishEvents(ctx.ports, organizationOf(ctx), inputs.map(eventOf)),
  }),
  eventErase: t.prismaField({
    ...requires(
      'Permanently removes the content of an event: its data, its relations and the response bodies of its attempts. Pending deliveries become CANCELED, but a request that is in progress, or starts within the next quarter of a second, can still arrive. The event, its deliveries and their attempts stay in the history and can never be sent again. Erasing an erased event changes nothing. Events of test sends can be erased too.',
      'EVENTS_PUBLISH',
    ),
    type: 'Event',
    args: {
      id: t.arg.id({ required: true, description: 'The id of the event, with the prefix evt_.' }),
    },
    nullable: true,
    errors: refusals(
      'The event without its content, or the reason why it was not erased.',
      NotFoundError,
    ),
    resolve: async (query, _root, { id }, ctx) => {
      if (!isId(id)) throw new NotFoundError(id)
      await eraseEvent(ctx.ports, {
        eventId: id,
        organizationId: organizationOf(ctx),
        actor: actorOf(ctx),
      })
      return events.get(ctx, query, id)
    },
  }),
}))

const eventOf = (input: typeof EventPublishInput.$inferInput): EventInput => ({
  event: input.event,
  data: input.data,
  relations: relationsOf(input.relations),
  timestamp: input.timestamp ?? null,
  idempotencyKey: input.idempotencyKey ?? null,
})
