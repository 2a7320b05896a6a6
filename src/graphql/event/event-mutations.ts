import { queryFromInfo } from '@pothos/plugin-prisma'
import type { GraphQLResolveInfo } from 'graphql'
import { IdempotencyConflictError, NotFoundError, ValidationError } from '../../domain/errors.ts'
import type { Event } from '../../generated/prisma/client.ts'
import {
  type EventInput,
  MAX_EVENTS_PER_CALL,
  publishEvent,
  publishEvents,
} from '../../publishing/event.ts'
import type { PublishedEvent } from '../../publishing/publisher.ts'
import { eraseEvent } from '../../retention/erasure.ts'
import { builder } from '../builder.ts'
import { type Context, organizationOf } from '../context.ts'
import { refusals } from '../errors.ts'
import { isId } from '../scalars/id.ts'
import { EventRef, readEvents } from './event.ts'
import { EventType } from './event-type.ts'
import { RelationsInput, relationsOf } from './relations.ts'

const EventPublishInput = builder.inputType('EventPublishInput', {
  description: 'One event to publish.',
  fields: (t) => ({
    event: t.field({ type: EventType, required: true, description: 'What happened.' }),
    data: t.field({
      type: 'JSON',
      required: true,
      description:
        "What is told about it, as an object that fits the event's schema (see eventDefinitions). Fields that the schema does not name are kept. At most 100 levels deep. A number that a 64-bit double cannot hold exactly, such as 50755254975729665, is refused with its path: send it as a string.",
    }),
    relations: t.field({
      type: RelationsInput,
      description: 'What it is about in the CRM. Null or left out means four empty lists.',
    }),
    timestamp: t.field({
      type: 'DateTime',
      description:
        'When it happened, to the millisecond: from the year 2000 to one day ahead of now. Null or left out means now.',
    }),
    idempotencyKey: t.string({
      description:
        '1 to 255 characters, unique in the organization. Publishing the same event again under the same key answers the first one and delivers nothing, so a call whose answer was lost can be repeated safely. The data is compared as canonical JSON (RFC 8785): its members may come in another order. The key of an erased event answers that event, whatever is published under it. Null or left out: every call publishes another event.',
    }),
  }),
})

type Published = PublishedEvent & { event: Event }

const EventPublished = builder.objectRef<Published>('EventPublished').implement({
  description:
    'An event that is stored, and that every destination which had selected it will get.',
  fields: (t) => ({
    event: t.expose('event', {
      type: EventRef,
      description: 'The event; for a duplicate, the first one.',
    }),
    duplicate: t.exposeBoolean('duplicate', {
      description:
        'Whether the event was there already under this idempotency key, so that nothing was done.',
    }),
    deliveryCount: t.exposeInt('deliveryCount', {
      description:
        'How many destinations had selected it, those that are not ACTIVE included: each has a delivery now. 0 for a duplicate.',
    }),
  }),
})

const EventsPublished = builder.objectRef<PublishedEvent[]>('EventsPublished').implement({
  description: 'A batch of events that are all stored.',
  fields: (t) => ({
    results: t.field({
      type: [EventPublished],
      description: 'What became of each event, in the order of the inputs.',
      resolve: (published, _args, ctx, info) => withEvents(published, ctx, info),
    }),
  }),
})

/** Reads all the events of a call at once, and of each only what the operation selects below `event`. */
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
  const events = await readEvents(query, ids, ctx)
  return published.map((one) => ({ ...one, event: events.get(one.eventId)! }))
}

builder.mutationFields((t) => ({
  eventPublish: t.field({
    type: EventPublished,
    description:
      'Publishes an event. Once this is answered, every destination that had selected it has its delivery: ACTIVE ones are sent to, the others keep it as SKIPPED. Needs the scope EVENTS_PUBLISH.',
    authScopes: { EVENTS_PUBLISH: true },
    args: {
      input: t.arg({ type: EventPublishInput, required: true, description: 'The event.' }),
    },
    nullable: true,
    errors: refusals(
      'The event as published, or why it was not.',
      ValidationError,
      IdempotencyConflictError,
    ),
    resolve: async (_root, { input }, ctx, info) => {
      const published = await publishEvent(ctx.ports, organizationOf(ctx), eventOf(input))
      const [answer] = await withEvents([published], ctx, info)
      return answer!
    },
  }),
  eventPublishMany: t.field({
    type: EventsPublished,
    description:
      "Publishes 1 to 1,000 events in one go, all or none: one that is refused refuses the batch, and its issues' paths begin with its index. Needs the scope EVENTS_PUBLISH.",
    authScopes: { EVENTS_PUBLISH: true },
    args: {
      inputs: t.arg({
        type: [EventPublishInput],
        required: true,
        description: `The events, 1 to ${MAX_EVENTS_PER_CALL.toLocaleString('en')}, in the order in which they are to be sent.`,
      }),
    },
    nullable: true,
    errors: refusals(
      'All events as published, or why none was.',
      ValidationError,
      IdempotencyConflictError,
    ),
    resolve: (_root, { inputs }, ctx) =>
      publishEvents(ctx.ports, organizationOf(ctx), inputs.map(eventOf)),
  }),
  eventErase: t.prismaField({
    type: 'Event',
    description:
      'Removes the content of an event for good: its data, its relations and what receivers answered to it. What still waits is CANCELED; a request that is on the wire, or begins within a quarter of a second, may still arrive. The event, its deliveries and their attempts stay in the history without it, and can never be sent again. Erasing an erased event changes nothing. An event of destinationSendTest can be erased as well. Who may put events in may take them out: needs the scope EVENTS_PUBLISH.',
    authScopes: { EVENTS_PUBLISH: true },
    args: { id: t.arg.id({ required: true, description: "The event's id, beginning with evt_." }) },
    nullable: true,
    errors: refusals('The event without its content, or that there is none.', NotFoundError),
    resolve: async (query, _root, { id }, ctx) => {
      if (!isId(id)) throw new NotFoundError(id)
      const organizationId = organizationOf(ctx)
      await eraseEvent(ctx.ports, organizationId, id)
      const event = await ctx.ports.db.prisma.event.findUnique({
        ...query,
        where: { id, organizationId },
      })
      if (!event) throw new NotFoundError(id)
      return event
    },
  }),
}))

function eventOf(input: typeof EventPublishInput.$inferInput): EventInput {
  return {
    event: input.event,
    data: input.data,
    relations: relationsOf(input.relations),
    timestamp: input.timestamp ?? null,
    idempotencyKey: input.idempotencyKey ?? null,
  }
}
