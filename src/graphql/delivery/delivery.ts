import { plannedAt } from '../../delivery/priority.ts'
import { MAX_ATTEMPTS } from '../../domain/backoff.ts'
import type { EventName } from '../../domain/events/index.ts'
import { payload } from '../../domain/payload.ts'
import type { Prisma, DeliveryStatus as Status } from '../../generated/prisma/client.ts'
import { builder, Node } from '../builder.ts'
import { RETRY_DELAYS, requires } from '../description.ts'
import { EventType } from '../event/event-definition.ts'
import { FILTER_RULE, oneOf } from '../filter.ts'
import { deliveries } from '../readers.ts'

const DeliveryStatus = builder.enumType('DeliveryStatus', {
  description: 'The state of a delivery.',
  values: {
    PENDING: { description: 'The first attempt or a retry is due or in progress.' },
    SUCCEEDED: { description: 'An attempt was answered with a 2xx status.' },
    FAILED: { description: 'All attempts failed.' },
    CANCELED: {
      description:
        'The destination stopped being ACTIVE, or the event was erased, while the delivery was PENDING.',
    },
    SKIPPED: {
      description:
        'The destination subscribed to the event but was not ACTIVE when it was published. It is sent only if you call deliveryRetry.',
    },
  } satisfies Record<Status, { description: string }>,
})

const Delivery = builder.prismaObject('Delivery', {
  description: `The delivery of one event to one destination, with at most ${MAX_ATTEMPTS} attempts. Retries start ${RETRY_DELAYS} seconds after the previous attempt ended.`,
  interfaces: [Node],
  findUnique: deliveries.key,
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        'The id of the delivery, with the prefix dlv_. Receivers get it in the header X-Webhook-Delivery.',
    }),
    event: t.relation('event', requires('The delivered event.', 'DESTINATIONS_READ')),
    destination: t.relation(
      'destination',
      requires('The destination that it is sent to.', 'DESTINATIONS_READ'),
    ),
    status: t.expose('status', { type: DeliveryStatus, description: 'The state.' }),
    test: t.exposeBoolean('test', {
      description:
        'Whether destinationSendTest created it. A test is attempted once, and its failure does not count.',
    }),
    attemptCount: t.exposeInt('attemptCount', {
      description: 'The number of attempts so far, including those before a deliveryRetry.',
    }),
    retryCount: t.int({
      description: 'The number of retries so far: attemptCount - 1, or 0 before the first attempt.',
      resolve: ({ attemptCount }) => Math.max(attemptCount - 1, 0),
    }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the next attempt is due. A time in the past means as soon as possible. Null unless the status is PENDING.',
      resolve: ({ status, dueAt }) => (status === 'PENDING' && dueAt ? plannedAt(dueAt) : null),
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was created, which is when its event was published.',
    }),
    completedAt: t.expose('completedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last left the status PENDING. Null while it is PENDING.',
    }),
    payload: t.string({
      ...requires(
        'The exact text of the request body, which is sent as UTF-8 and signed. It is the same in every attempt. Empty if the event was erased.',
        'DESTINATIONS_READ',
      ),
      select: {
        event: {
          select: { type: true, data: true, relations: true, timestamp: true, erasedAt: true },
        },
      },
      resolve: ({ destinationId, event: { type, erasedAt, ...event } }) =>
        erasedAt ? '' : payload({ ...event, event: type as EventName, webhookId: destinationId }),
    }),
    attempts: t.relation('attempts', {
      ...requires('Its attempts, oldest first. Empty before the first one.', 'DESTINATIONS_READ'),
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
  { name: 'DeliveryEdge', description: 'A delivery with its cursor.' },
)

export const DeliveryFilter = builder.inputType('DeliveryFilter', {
  description: `Restricts a list of deliveries. ${FILTER_RULE}`,
  fields: (t) => ({
    statuses: t.field({
      type: [DeliveryStatus],
      description: 'Matches deliveries with any of these statuses. An empty list matches none.',
    }),
    eventTypes: t.field({
      type: [EventType],
      description: 'Matches deliveries of any of these event types. An empty list matches none.',
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
    ...requires(
      'Returns the delivery with the given id. Null if your organization has none.',
      'DESTINATIONS_READ',
    ),
    type: 'Delivery',
    nullable: true,
    args: {
      id: t.arg.id({
        required: true,
        description: 'The id of the delivery, with the prefix dlv_.',
      }),
    },
    resolve: (query, _root, { id }, ctx) => deliveries.find(ctx, query, id),
  }),
)
