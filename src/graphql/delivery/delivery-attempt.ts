import { MAX_BODY_BYTES } from '../../delivery/http/response-body.ts'
import type { EventName } from '../../domain/events/index.ts'
import type { FailureCode } from '../../domain/failure.ts'
import { cursorsOf } from '../../feed/attempt-cursor.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import { builder, Node } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { EventType } from '../event/event-definition.ts'
import { FILTER_RULE, oneOf } from '../filter.ts'
import { attempts, destinations } from '../readers.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { RequestHeader, requestHeadersOf } from './request-header.ts'

export const AttemptStatus = builder.enumType('AttemptStatus', {
  description: 'The result of an attempt.',
  values: {
    SUCCEEDED: { description: 'The receiver answered with a 2xx status in time.' },
    FAILED: { description: 'The attempt failed. The field failure contains the reason.' },
  },
})

// It has no `select`, because subscriptions resolve rows that are already complete.
export const DeliveryAttempt = builder.prismaObject('DeliveryAttempt', {
  description: 'One request to a destination and its result.',
  interfaces: [Node],
  findUnique: attempts.key,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the attempt, with the prefix att_.' }),
    cursor: t.loadable({
      type: 'String',
      description:
        'The position of the attempt in deliveryAttempted. Pass it as after to continue behind this attempt. It is opaque, has at most 200 characters, can be used in URLs and headers unchanged, stays valid when the attempt is deleted, and works for your organization only.',
      resolve: (attempt: { id: string; transaction?: string }) => attempt,
      load: (attempts: { id: string; transaction?: string }[], ctx) =>
        cursorsOf(ctx.ports, organizationOf(ctx), attempts),
      loaderOptions: { cache: false },
    }),
    delivery: t.relation('delivery', { description: 'The delivery that it belongs to.' }),
    destination: t.prismaField({
      type: 'Destination',
      description: 'The destination, with its current settings.',
      resolve: (query, { destinationId }, _args, ctx) =>
        destinations.get(ctx, query, destinationId),
    }),
    url: t.expose('url', {
      type: 'URL',
      nullable: true,
      description:
        'The URL that the request was sent to. A later change of the destination does not affect it. Null if nothing was sent, and for attempts made before the service recorded URLs.',
    }),
    eventType: t.field({
      type: EventType,
      description: 'The type of the event.',
      resolve: ({ eventType }) => eventType as EventName,
    }),
    number: t.exposeInt('number', {
      description:
        'The number of the attempt within its delivery, starting at 1. Numbering continues after deliveryRetry.',
    }),
    retryCount: t.int({
      description: 'The number of earlier attempts: number - 1.',
      resolve: ({ number }) => number - 1,
    }),
    status: t.expose('status', { type: AttemptStatus, description: 'The result.' }),
    attemptedAt: t.expose('attemptedAt', {
      type: 'DateTime',
      description: 'When it was signed, immediately before connecting.',
    }),
    durationMs: t.exposeInt('durationMs', {
      description: 'The duration in milliseconds. 0 if nothing was sent.',
    }),
    requestHeaders: t.field({
      type: [RequestHeader],
      description:
        'The request headers in the order in which they were sent, reconstructed, without host, connection and content-length. Signatures are masked. For older attempts, user-agent contains the current version of the service, and the signature of a previous secret is only included since the last rotation. Empty if nothing was sent.',
      resolve: (attempt, _args, ctx) => requestHeadersOf(attempt, ctx),
    }),
    responseCode: t.exposeInt('responseCode', {
      nullable: true,
      description: 'The HTTP status of the response. Null if there was none.',
    }),
    responseBody: t.exposeString('responseBody', {
      nullable: true,
      description: `The first ${MAX_BODY_BYTES / 1_024} KiB of the response body as text, decompressed and decoded. For other content its size and type, as in "70 bytes of image/png". Null if there was no body, or if the event was erased.`,
    }),
    failure: t.field({
      type: AttemptFailure,
      nullable: true,
      description: 'Why it failed. Null if it SUCCEEDED.',
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
  { name: 'DeliveryAttemptEdge', description: 'An attempt with its cursor.' },
)

export const AttemptFilter = builder.inputType('AttemptFilter', {
  description: `Restricts a list of attempts. ${FILTER_RULE}`,
  fields: (t) => ({
    statuses: t.field({
      type: [AttemptStatus],
      description: 'Matches attempts with any of these statuses. An empty list matches none.',
    }),
    eventTypes: t.field({
      type: [EventType],
      description: 'Matches attempts for any of these event types. An empty list matches none.',
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
