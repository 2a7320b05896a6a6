import type { EventName } from '../../domain/events/index.ts'
import type { FailureCode } from '../../domain/outcome.ts'
import { cursorsOf } from '../../feed/attempt-cursor.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import { builder } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { EventType } from '../event/event-type.ts'
import { oneOf } from '../filter.ts'
import { Node } from '../node-interface.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { RequestHeader, requestHeadersOf } from './request-header.ts'

export const AttemptStatus = builder.enumType('AttemptStatus', {
  description: 'How one attempt ended.',
  values: {
    SUCCEEDED: { description: 'The receiver answered with a 2xx status in time.' },
    FAILED: { description: 'Anything else: failure says what.' },
  },
})

// Without a select: subscribers get rows that are already whole.
export const DeliveryAttempt = builder.prismaObject('DeliveryAttempt', {
  description: 'One request to a destination and what came of it.',
  interfaces: [Node],
  findUnique: ({ id }, ctx) => ({ id, organizationId: organizationOf(ctx) }),
  fields: (t) => ({
    id: t.exposeID('id', {
      description: "The attempt's id, beginning with att_.",
    }),
    cursor: t.loadable({
      type: 'String',
      description:
        'Where the attempt is in the order of deliveryAttempted, which continues after it when this is given as its argument after. Opaque, at most 200 characters that URLs and headers take as they are. It stays valid when the attempt is deleted, with its destination or after the retention time. Only your organization can use it.',
      resolve: (attempt: { id: string; transaction?: string }) => attempt,
      load: (attempts: { id: string; transaction?: string }[], ctx) =>
        cursorsOf(ctx.ports, organizationOf(ctx), attempts),
      loaderOptions: { cache: false },
    }),
    delivery: t.relation('delivery', { description: 'The delivery that it is an attempt of.' }),
    destination: t.prismaField({
      type: 'Destination',
      description: 'The destination of the delivery, as it is now.',
      // findUnique, since Prisma makes one statement of those that are asked in the same moment.
      resolve: (query, { destinationId }, _args, ctx) =>
        ctx.ports.db.prisma.destination.findUniqueOrThrow({
          ...query,
          where: { id: destinationId, organizationId: organizationOf(ctx) },
        }),
    }),
    url: t.expose('url', {
      type: 'URL',
      nullable: true,
      description:
        "The URL that the request was sent to. It stays as it was when the destination's URL changes. Null when nothing was sent, and for attempts that were made before the service recorded it.",
    }),
    eventType: t.field({
      type: EventType,
      description: 'What the delivery tells of.',
      resolve: ({ eventType }) => eventType as EventName,
    }),
    number: t.exposeInt('number', {
      description:
        'Which attempt of its delivery it is: 1 is the first try. A retry by hand goes on counting.',
    }),
    retryCount: t.int({
      description: 'How many attempts came before it: number - 1.',
      resolve: ({ number }) => number - 1,
    }),
    status: t.expose('status', { type: AttemptStatus, description: 'How it ended.' }),
    attemptedAt: t.expose('attemptedAt', {
      type: 'DateTime',
      description: 'When it was signed, right before connecting began.',
    }),
    durationMs: t.exposeInt('durationMs', {
      description: 'From its beginning to its end, in milliseconds; 0 when nothing was sent.',
    }),
    requestHeaders: t.field({
      type: [RequestHeader],
      description:
        'The headers that it was sent with, in order, made again by what makes them for sending; host, connection and content-length are added on the way. Signatures are masked. user-agent names the version that answers you, which an older attempt may not have had. A second signature, of a rotated-out secret, is told of attempts since the last rotation. Empty when nothing was sent.',
      resolve: (attempt, _args, ctx) => requestHeadersOf(attempt, ctx),
    }),
    responseCode: t.exposeInt('responseCode', {
      nullable: true,
      description: 'The HTTP status of the answer. Null when none arrived.',
    }),
    responseBody: t.exposeString('responseBody', {
      nullable: true,
      description:
        'The beginning of the answer\'s body as text: of its first 4 KiB, decompressed by its Content-Encoding and decoded by the charset of its Content-Type. For a body that is not text, its size and type, as in "70 bytes of image/png". Null when there was none, or when the event was erased.',
    }),
    failure: t.field({
      type: AttemptFailure,
      nullable: true,
      description: 'Why it failed. Null when it SUCCEEDED.',
      resolve: ({ failureCode, failureMessage }) =>
        failureCode === null
          ? null
          : { code: failureCode as FailureCode, message: failureMessage ?? '' },
    }),
  }),
})

export const DeliveryAttemptConnection = builder.connectionObject(
  {
    type: DeliveryAttempt,
    name: 'DeliveryAttemptConnection',
    description: 'A page of delivery attempts, newest first.',
  },
  { name: 'DeliveryAttemptEdge', description: 'An attempt and where it stands in its list.' },
)

export const AttemptFilter = builder.inputType('AttemptFilter', {
  description:
    'Which attempts to list. What is null or left out does not restrict; all the rest must hold.',
  fields: (t) => ({
    statuses: t.field({
      type: [AttemptStatus],
      description: 'That ended in any of these ways. An empty list matches none.',
    }),
    eventTypes: t.field({
      type: [EventType],
      description: 'That told of any of these. An empty list matches none.',
    }),
  }),
})

export function attemptsMatching(
  filter: typeof AttemptFilter.$inferInput | null | undefined,
): Prisma.DeliveryAttemptWhereInput {
  const { statuses, eventTypes } = filter ?? {}
  return {
    ...(statuses && { status: oneOf(statuses) }),
    ...(eventTypes && { eventType: oneOf(eventTypes) }),
  }
}
