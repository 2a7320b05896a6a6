import { FAILURE_LIMIT } from '../../domain/destination.ts'
import { isEventName } from '../../domain/events/index.ts'
import { readLastAttempts } from '../../feed/last-attempt.ts'
import { AuditEntryConnection } from '../access/audit-entry.ts'
import { builder, Node } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { DeliveryConnection, DeliveryFilter, deliveriesMatching } from '../delivery/delivery.ts'
import {
  AttemptFilter,
  attemptsMatching,
  DeliveryAttempt,
  DeliveryAttemptConnection,
} from '../delivery/delivery-attempt.ts'
import { requires } from '../description.ts'
import { EventType } from '../event/event-definition.ts'
import { pageArguments } from '../pagination.ts'
import { attempts, auditEntries, deliveries, destinations } from '../readers.ts'
import { AttemptBucket, histogramArguments, histogramOf, MAX_BUCKETS } from './attempt-histogram.ts'
import { DestinationStatus } from './destination-status.ts'

export const Destination = builder.prismaObject('Destination', {
  description: 'An endpoint of a customer, and the event types that it subscribes to.',
  interfaces: [Node],
  findUnique: destinations.key,
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        'The id of the destination, with the prefix whk_. Payloads contain it as webhook_id.',
    }),
    name: t.exposeString('name', { description: 'The display name. It need not be unique.' }),
    url: t.expose('url', {
      type: 'URL',
      nullable: true,
      description: 'The URL that deliveries are sent to. Null if it is not set yet.',
    }),
    events: t.field({
      type: [EventType],
      description:
        'The event types that it subscribes to, in the order of the catalog and without duplicates.',
      resolve: ({ events }) => events.filter(isEventName),
    }),
    status: t.expose('status', {
      type: DestinationStatus,
      description: 'Whether it receives deliveries.',
    }),
    disabledAt: t.expose('disabledAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the service disabled it. Null unless the status is DISABLED.',
    }),
    failureCount: t.exposeInt('failureCount', {
      description:
        'The number of failed attempts, across all deliveries, that began since the last activation. Successful attempts do not reset it, and test sends do not count.',
    }),
    failureLimit: t.int({
      description: 'The failureCount at which the status becomes DISABLED.',
      resolve: () => FAILURE_LIMIT,
    }),
    secret: t.relation('secret', {
      nullable: false,
      onNull: 'error',
      description: 'The signing secret, masked.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description:
        'When its settings, status or secret last changed. A change of failureCount does not update it.',
    }),
    attempts: t.field({
      ...requires('The attempts to send deliveries to it, newest first.', 'DESTINATIONS_READ'),
      type: DeliveryAttemptConnection,
      args: {
        ...pageArguments,
        filter: t.arg({ type: AttemptFilter, description: 'Restricts the list.' }),
      },
      resolve: ({ id }, { filter, ...args }, ctx, info) => {
        const where = { ...attemptsMatching(filter), destinationId: id }
        return attempts.page(ctx, info, { args, of: id, where })
      },
    }),
    lastAttempt: t.loadable({
      ...requires(
        'The latest attempt to send a delivery to it. Null before the first one.',
        'DESTINATIONS_READ',
      ),
      type: DeliveryAttempt,
      nullable: true,
      resolve: ({ id }) => id,
      // One statement reads the attempts of all destinations that are resolved in the same tick.
      load: (ids: string[], ctx) => readLastAttempts(ctx.ports, organizationOf(ctx), ids),
      sort: ({ destinationId }) => destinationId,
      // A cache would live as long as a subscription.
      loaderOptions: { cache: false },
    }),
    attemptHistogram: t.field({
      ...requires(
        `The number of successful and failed attempts in each interval up to now, oldest first, at most ${MAX_BUCKETS} intervals. An interval without attempts is included with zeros. Intervals start at multiples of their length since 1970-01-01T00:00:00Z, so repeated calls return the same intervals.`,
        'DESTINATIONS_READ',
      ),
      type: [AttemptBucket],
      args: histogramArguments,
      resolve: ({ id }, args, ctx) => histogramOf(id, args, ctx),
    }),
    deliveries: t.field({
      ...requires('The deliveries to it, newest first.', 'DESTINATIONS_READ'),
      type: DeliveryConnection,
      args: {
        ...pageArguments,
        filter: t.arg({ type: DeliveryFilter, description: 'Restricts the list.' }),
      },
      resolve: ({ id }, { filter, ...args }, ctx, info) => {
        const where = { ...deliveriesMatching(filter), destinationId: id }
        return deliveries.page(ctx, info, { args, of: id, where })
      },
    }),
    auditLog: t.field({
      ...requires(
        'The actions on it, newest first: its creation, changes of its settings and status, and every time its signing secret was revealed or rotated. The log is deleted with the destination.',
        'DESTINATIONS_READ',
      ),
      type: AuditEntryConnection,
      args: pageArguments,
      resolve: ({ id }, args, ctx, info) =>
        auditEntries.page(ctx, info, { args, of: id, where: { destinationId: id } }),
    }),
  }),
})
