import { FAILURE_LIMIT } from '../../domain/destination.ts'
import { isEventName } from '../../domain/events/index.ts'
import { readLastAttempts } from '../../feed/last-attempt.ts'
import { AuditEntryConnection } from '../access/audit-entry.ts'
import { builder } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { DeliveryConnection, DeliveryFilter, deliveriesMatching } from '../delivery/delivery.ts'
import {
  AttemptFilter,
  attemptsMatching,
  DeliveryAttempt,
  DeliveryAttemptConnection,
} from '../delivery/delivery-attempt.ts'
import { EventType } from '../event/event-type.ts'
import { Node } from '../node-interface.ts'
import { findPage, nodesQuery, pageArguments } from '../pagination.ts'
import { AttemptBucket, histogramArguments, histogramOf } from './attempt-histogram.ts'
import { DestinationStatus } from './destination-status.ts'

export const Destination = builder.prismaObject('Destination', {
  description: 'An endpoint of a customer, and what it wants to be told.',
  interfaces: [Node],
  findUnique: ({ id }, ctx) => ({ id, organizationId: organizationOf(ctx) }),
  fields: (t) => ({
    id: t.exposeID('id', {
      description: "The destination's id, beginning with whk_. Payloads carry it as webhook_id.",
    }),
    name: t.exposeString('name', { description: 'What people call it. Names need not be unique.' }),
    url: t.expose('url', {
      type: 'URL',
      nullable: true,
      description: 'Where its deliveries are sent. Null until it is set.',
    }),
    events: t.field({
      type: [EventType],
      description: "What it wants to be told, in the catalogue's order and without duplicates.",
      resolve: ({ events }) => events.filter(isEventName),
    }),
    status: t.expose('status', { type: DestinationStatus, description: 'Whether it is sent to.' }),
    disabledAt: t.expose('disabledAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the service turned it off. Null unless DISABLED.',
    }),
    failureCount: t.exposeInt('failureCount', {
      description:
        'Failed attempts that began since it was last activated, over all its deliveries. A success does not reset it, and test sends do not count.',
    }),
    failureLimit: t.int({
      description: 'The failed attempt with this number turns it DISABLED.',
      resolve: () => FAILURE_LIMIT,
    }),
    secret: t.relation('secret', {
      nullable: false,
      onNull: 'error',
      description: 'What signs its deliveries, masked.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description:
        'When its settings, its status or its secret last changed. Failures that are counted leave it.',
    }),
    attempts: t.field({
      type: DeliveryAttemptConnection,
      description:
        'Its history, attempt by attempt, newest first. Needs the scope DESTINATIONS_READ.',
      authScopes: { DESTINATIONS_READ: true },
      args: {
        ...pageArguments,
        filter: t.arg({ type: AttemptFilter, description: 'Which ones. Null means all.' }),
      },
      resolve: ({ id }, { filter, ...args }, ctx, info) =>
        findPage(args, { type: 'DeliveryAttempt', of: id }, ({ where, ...keyset }) =>
          ctx.ports.db.prisma.deliveryAttempt.findMany({
            ...nodesQuery(ctx, info, 'DeliveryAttempt'),
            ...keyset,
            where: {
              ...where,
              ...attemptsMatching(filter),
              destinationId: id,
              organizationId: organizationOf(ctx),
            },
          }),
        ),
    }),
    lastAttempt: t.loadable({
      type: DeliveryAttempt,
      nullable: true,
      description:
        'The latest attempt to deliver to it. Null before the first one. Needs the scope DESTINATIONS_READ.',
      authScopes: { DESTINATIONS_READ: true },
      resolve: ({ id }) => id,
      // One statement for all that are asked in the same moment, such as those of a page.
      load: (ids: string[], ctx) => readLastAttempts(ctx.ports, organizationOf(ctx), ids),
      sort: ({ destinationId }) => destinationId,
      // What is kept would be kept for as long as a subscription lives.
      loaderOptions: { cache: false },
    }),
    attemptHistogram: t.field({
      type: [AttemptBucket],
      description:
        'How many attempts succeeded and failed in each span of time up to now, oldest first; a span without attempts is there with zeros. Spans begin at whole multiples of their length since 1970, so that two calls cut time in the same places. At most 120. Needs the scope DESTINATIONS_READ.',
      authScopes: { DESTINATIONS_READ: true },
      args: histogramArguments,
      resolve: ({ id }, args, ctx) => histogramOf(id, args, ctx),
    }),
    deliveries: t.field({
      type: DeliveryConnection,
      description:
        'Its history, delivery by delivery, newest first. Needs the scope DESTINATIONS_READ.',
      authScopes: { DESTINATIONS_READ: true },
      args: {
        ...pageArguments,
        filter: t.arg({ type: DeliveryFilter, description: 'Which ones. Null means all.' }),
      },
      resolve: ({ id }, { filter, ...args }, ctx, info) =>
        findPage(args, { type: 'Delivery', of: id }, ({ where, ...keyset }) =>
          ctx.ports.db.prisma.delivery.findMany({
            ...nodesQuery(ctx, info, 'Delivery'),
            ...keyset,
            where: {
              ...where,
              ...deliveriesMatching(filter),
              destinationId: id,
              destination: { organizationId: organizationOf(ctx) },
            },
          }),
        ),
    }),
    auditLog: t.field({
      type: AuditEntryConnection,
      description:
        'Who did what with it, newest first: its creation, changes of its settings and its status, and who saw or replaced its secret. It goes when the destination is deleted. Needs the scope DESTINATIONS_READ.',
      authScopes: { DESTINATIONS_READ: true },
      args: pageArguments,
      resolve: ({ id }, args, ctx, info) =>
        findPage(args, { type: 'AuditEntry', of: id }, ({ where, ...keyset }) =>
          ctx.ports.db.prisma.auditEntry.findMany({
            ...nodesQuery(ctx, info, 'AuditEntry'),
            ...keyset,
            where: {
              ...where,
              destinationId: id,
              destination: { organizationId: organizationOf(ctx) },
            },
          }),
        ),
    }),
  }),
})
