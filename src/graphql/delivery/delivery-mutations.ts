import { MAX_ATTEMPTS } from '../../domain/backoff.ts'
import {
  DestinationInactiveError,
  DestinationNotReadyError,
  EventErasedError,
  NotFoundError,
} from '../../domain/errors.ts'
import { HostLimitError, MAX_SENDS_PER_HOST } from '../../publishing/host-limit.ts'
import { retryDelivery, sendTest } from '../../publishing/resend.ts'
import { builder } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { requires } from '../description.ts'
import { destinationArgument, destinationKey } from '../destination/destination-argument.ts'
import { EventType } from '../event/event-definition.ts'
import { deliveries } from '../readers.ts'
import { refusals } from '../refusals.ts'
import { requestError } from '../request-error.ts'
import { isId } from '../scalars/id.ts'

const LIMIT = `A host gets at most ${MAX_SENDS_PER_HOST} test sends and manual retries in a minute and process; above that the error is RATE_LIMITED with retryAfterSeconds.`

builder.mutationFields((t) => ({
  destinationSendTest: t.prismaField({
    ...requires(
      `Sends the example of an event type to the destination, signed like any delivery, whatever its status and event types. It is attempted once, and a failure does not count. Use deliveryAttempted to watch the result. The destination must have a URL. ${LIMIT}`,
      'DESTINATIONS_WRITE',
    ),
    type: 'Delivery',
    args: {
      ...destinationArgument,
      event: t.arg({
        type: EventType,
        required: true,
        description: 'The event type whose example is sent.',
      }),
    },
    nullable: true,
    errors: refusals(
      'The new delivery, or the reason why nothing is sent.',
      NotFoundError,
      DestinationNotReadyError,
    ),
    resolve: async (query, _root, { id, event }, ctx) => {
      const { organizationId, id: destinationId } = destinationKey(id, ctx)
      const sending = sendTest(ctx.ports, { organizationId, destinationId }, event)
      const deliveryId = await sending.catch(rateLimitOfHost)
      return deliveries.get(ctx, query, deliveryId)
    },
  }),
  deliveryRetry: t.prismaField({
    ...requires(
      `Sends a FAILED, CANCELED, SKIPPED or SUCCEEDED delivery again, with the same body and the same webhook-id. It gets up to ${MAX_ATTEMPTS} further attempts, a test send one, and attempt numbers continue. A PENDING delivery is left unchanged. The destination must be ACTIVE, and the event must not be erased. ${LIMIT}`,
      'DESTINATIONS_WRITE',
    ),
    type: 'Delivery',
    args: {
      id: t.arg.id({
        required: true,
        description: 'The id of the delivery, with the prefix dlv_.',
      }),
    },
    nullable: true,
    errors: refusals(
      'The PENDING delivery, or the reason why it is not sent again.',
      NotFoundError,
      DestinationInactiveError,
      EventErasedError,
    ),
    resolve: async (query, _root, { id }, ctx) => {
      if (!isId(id)) throw new NotFoundError(id)
      await retryDelivery(ctx.ports, organizationOf(ctx), id).catch(rateLimitOfHost)
      return deliveries.get(ctx, query, id)
    },
  }),
}))

/** Translates the limit of a host for the client, and rethrows other errors. */
function rateLimitOfHost(error: unknown): never {
  if (!(error instanceof HostLimitError)) throw error
  const { message, retryAfterSeconds } = error
  throw requestError('RATE_LIMITED', message, { retryAfterSeconds })
}
