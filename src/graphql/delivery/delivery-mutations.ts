import {
  DestinationInactiveError,
  DestinationNotReadyError,
  EventErasedError,
  NotFoundError,
} from '../../domain/errors.ts'
import { retryDelivery, sendTest } from '../../publishing/resend.ts'
import { builder } from '../builder.ts'
import { type Context, organizationOf } from '../context.ts'
import { destinationArgument, destinationKey } from '../destination/destination-key.ts'
import { refusals } from '../errors.ts'
import { EventType } from '../event/event-type.ts'
import { isId } from '../scalars/id.ts'

builder.mutationFields((t) => ({
  destinationSendTest: t.prismaField({
    type: 'Delivery',
    description:
      "Sends the catalogue's example of an event to this destination, whatever its status and selection, signed like any other. It is tried once, and a failure is not counted. Watch it with deliveryAttempted. Needs a URL, and the scope DESTINATIONS_WRITE.",
    authScopes: { DESTINATIONS_WRITE: true },
    args: {
      ...destinationArgument,
      event: t.arg({ type: EventType, required: true, description: 'Which example to send.' }),
    },
    nullable: true,
    errors: refusals(
      'The delivery that is on its way, or why nothing is sent.',
      NotFoundError,
      DestinationNotReadyError,
    ),
    resolve: async (query, _root, { id, event }, ctx) => {
      const { organizationId, id: destinationId } = destinationKey(id, ctx)
      const deliveryId = await sendTest(ctx.ports, { organizationId, destinationId }, event)
      return findDelivery(query, deliveryId, ctx)
    },
  }),
  deliveryRetry: t.prismaField({
    type: 'Delivery',
    description:
      'Sends a FAILED, CANCELED, SKIPPED or SUCCEEDED delivery again: same body, same webhook-id, up to 6 further attempts, or 1 of a test send, whose numbers go on counting. One that is PENDING is left as it is. The destination must be ACTIVE, and the event not erased. Needs the scope DESTINATIONS_WRITE.',
    authScopes: { DESTINATIONS_WRITE: true },
    args: {
      id: t.arg.id({ required: true, description: "The delivery's id, beginning with dlv_." }),
    },
    nullable: true,
    errors: refusals(
      'The delivery that is on its way again, or why it is not.',
      NotFoundError,
      DestinationInactiveError,
      EventErasedError,
    ),
    resolve: async (query, _root, { id }, ctx) => {
      if (!isId(id)) throw new NotFoundError(id)
      await retryDelivery(ctx.ports, organizationOf(ctx), id)
      return findDelivery(query, id, ctx)
    },
  }),
}))

/** @throws NotFoundError when it was deleted meanwhile */
async function findDelivery(query: object, id: string, ctx: Context) {
  const found = await ctx.ports.db.prisma.delivery.findUnique({
    ...query,
    where: { id, destination: { organizationId: organizationOf(ctx) } },
  })
  if (!found) throw new NotFoundError(id)
  return found
}
