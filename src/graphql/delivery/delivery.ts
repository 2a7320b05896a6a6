import { plannedAt } from '../../delivery/priority.ts'
import type { EventName } from '../../domain/events/index.ts'
import { payload } from '../../domain/payload.ts'
import type { Prisma, DeliveryStatus as Status } from '../../generated/prisma/client.ts'
import { builder } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { EventType } from '../event/event-type.ts'
import { oneOf } from '../filter.ts'
import { Node } from '../node-interface.ts'
import { isId } from '../scalars/id.ts'

const DeliveryStatus = builder.enumType('DeliveryStatus', {
  description: 'How a delivery stands.',
  values: {
    PENDING: { description: 'Waiting to be sent, or sent again.' },
    SUCCEEDED: { description: 'An attempt was answered with a 2xx status.' },
    FAILED: { description: 'Every attempt was used, and none succeeded.' },
    CANCELED: {
      description: 'The destination left ACTIVE, or the event was erased, while it waited.',
    },
    SKIPPED: {
      description:
        'The destination had selected the event but was not ACTIVE when it was published. It is never sent by itself; deliveryRetry sends it.',
    },
  } satisfies Record<Status, { description: string }>,
})

const furtherScopes = { authScopes: { DESTINATIONS_READ: true } } as const

const Delivery = builder.prismaObject('Delivery', {
  description:
    'One event on its way to one destination: at most 6 attempts, the retries 2, 4, 8, 16 and 32 seconds after the attempt before.',
  interfaces: [Node],
  findUnique: ({ id }, ctx) => ({ id, destination: { organizationId: organizationOf(ctx) } }),
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        "The delivery's id, beginning with dlv_. Receivers get it as X-Webhook-Delivery.",
    }),
    event: t.relation('event', {
      ...furtherScopes,
      description: 'What it tells of. Needs the scope DESTINATIONS_READ.',
    }),
    destination: t.relation('destination', {
      ...furtherScopes,
      description: 'Where it goes. Needs the scope DESTINATIONS_READ.',
    }),
    status: t.expose('status', { type: DeliveryStatus, description: 'How it stands.' }),
    test: t.exposeBoolean('test', {
      description:
        'Whether it was made by destinationSendTest: tried once, and a failure is not counted.',
    }),
    attemptCount: t.exposeInt('attemptCount', {
      description: 'How many attempts were made so far, those before a retry by hand included.',
    }),
    retryCount: t.int({
      description: 'How many of them were retries: attemptCount - 1, never below 0.',
      resolve: ({ attemptCount }) => Math.max(attemptCount - 1, 0),
    }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the next attempt is due; a moment in the past means as soon as possible. Null unless PENDING.',
      resolve: ({ status, dueAt }) => (status === 'PENDING' && dueAt ? plannedAt(dueAt) : null),
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was made, with the publication of its event.',
    }),
    completedAt: t.expose('completedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last came to an end. Null while PENDING.',
    }),
    payload: t.string({
      ...furtherScopes,
      description:
        'The exact text of the request body, which is sent as UTF-8 and signed: the same in every attempt. Empty when the event was erased. Needs the scope DESTINATIONS_READ.',
      select: {
        event: {
          select: { type: true, data: true, relations: true, timestamp: true, erasedAt: true },
        },
      },
      resolve: ({ destinationId, event: { type, erasedAt, ...event } }) =>
        erasedAt ? '' : payload({ ...event, event: type as EventName, webhookId: destinationId }),
    }),
    attempts: t.relation('attempts', {
      ...furtherScopes,
      description:
        'Its attempts, oldest first; empty before the first one. Needs the scope DESTINATIONS_READ.',
      query: { orderBy: { number: 'asc' } },
    }),
  }),
})

export const DeliveryConnection = builder.connectionObject(
  {
    type: Delivery,
    name: 'DeliveryConnection',
    description: 'A page of deliveries, newest first.',
  },
  { name: 'DeliveryEdge', description: 'A delivery and where it stands in its list.' },
)

export const DeliveryFilter = builder.inputType('DeliveryFilter', {
  description:
    'Which deliveries to list. What is null or left out does not restrict; all the rest must hold.',
  fields: (t) => ({
    statuses: t.field({
      type: [DeliveryStatus],
      description: 'That stand in any of these ways. An empty list matches none.',
    }),
    eventTypes: t.field({
      type: [EventType],
      description: 'That tell of any of these. An empty list matches none.',
    }),
  }),
})

export function deliveriesMatching(
  filter: typeof DeliveryFilter.$inferInput | null | undefined,
): Prisma.DeliveryWhereInput {
  const { statuses, eventTypes } = filter ?? {}
  return {
    ...(statuses && { status: oneOf(statuses) }),
    ...(eventTypes && { event: { type: oneOf(eventTypes) } }),
  }
}

builder.queryField('delivery', (t) =>
  t.prismaField({
    type: 'Delivery',
    nullable: true,
    description:
      'One delivery by its id. Null when your organization has none with this id. Needs the scope DESTINATIONS_READ.',
    authScopes: { DESTINATIONS_READ: true },
    args: {
      id: t.arg.id({ required: true, description: "The delivery's id, beginning with dlv_." }),
    },
    resolve: (query, _root, { id }, ctx) =>
      isId(id)
        ? ctx.ports.db.prisma.delivery.findUnique({
            ...query,
            where: { id, destination: { organizationId: organizationOf(ctx) } },
          })
        : null,
  }),
)
