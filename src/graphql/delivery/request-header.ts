import { maskedRequestHeaders } from '../../domain/request-headers.ts'
import type { DeliveryAttempt } from '../../generated/prisma/client.ts'
import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { deliveries } from '../readers.ts'

interface Header {
  name: string
  value: string
}

export const RequestHeader = builder.objectRef<Header>('RequestHeader').implement({
  description: 'One header of a request to a destination.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name, in the case in which it is sent.' }),
    value: t.exposeString('value', {
      description: 'The value. In signatures, dots replace what is computed from the secret.',
    }),
  }),
})

/** What the headers depend on, beside the attempt. */
interface SentDelivery {
  eventId: string
  destination: { secret: { createdAt: Date; previousExpiresAt: Date | null } | null }
}

/** Reconstructs the headers of an attempt as they were sent. Empty if nothing was sent. */
export async function requestHeadersOf(
  { attemptedAt, deliveryId, failureCode }: DeliveryAttempt,
  ctx: Context,
): Promise<Header[]> {
  if (failureCode === 'SECRET_UNAVAILABLE') return []
  const select = {
    eventId: true,
    destination: { select: { secret: { select: { createdAt: true, previousExpiresAt: true } } } },
  }
  const delivery: unknown = await deliveries.get(ctx, { select }, deliveryId)
  const { eventId, destination } = delivery as SentDelivery
  const headers = maskedRequestHeaders(ctx.ports.userAgent, {
    eventId,
    deliveryId,
    timestamp: attemptedAt,
    withPrevious: wasWithinOverlap(destination.secret, attemptedAt),
  })
  return Object.entries(headers).map(([name, value]) => ({ name, value }))
}

/** Whether a previous secret signed at that time. Overlaps before the last rotation are not stored. */
function wasWithinOverlap(secret: SentDelivery['destination']['secret'], at: Date): boolean {
  return !!secret?.previousExpiresAt && secret.createdAt <= at && at < secret.previousExpiresAt
}
