import { maskedRequestHeaders } from '../../domain/request-headers.ts'
import type { DeliveryAttempt } from '../../generated/prisma/client.ts'
import { builder } from '../builder.ts'
import { type Context, organizationOf } from '../context.ts'

interface Header {
  name: string
  value: string
}

export const RequestHeader = builder.objectRef<Header>('RequestHeader').implement({
  description: 'One header of a request to a destination.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, spelled as it is sent.' }),
    value: t.exposeString('value', {
      description: 'Its value. In signatures, dots stand for what only the secret can make.',
    }),
  }),
})

/**
 * The headers of an attempt, made again by what makes them for sending. Empty when nothing was sent.
 * findUnique, since Prisma makes one statement of those that are asked in the same moment.
 */
export async function requestHeadersOf(
  { attemptedAt, deliveryId, failureCode }: DeliveryAttempt,
  ctx: Context,
): Promise<Header[]> {
  if (failureCode === 'SECRET_UNAVAILABLE') return []
  const { eventId, destination } = await ctx.ports.db.prisma.delivery.findUniqueOrThrow({
    where: { id: deliveryId, destination: { organizationId: organizationOf(ctx) } },
    select: {
      eventId: true,
      destination: {
        select: { secret: { select: { createdAt: true, previousExpiresAt: true } } },
      },
    },
  })
  const headers = maskedRequestHeaders(ctx.ports.userAgent, {
    eventId,
    deliveryId,
    timestamp: attemptedAt,
    withPrevious: wasWithinOverlap(destination.secret, attemptedAt),
  })
  return Object.entries(headers).map(([name, value]) => ({ name, value }))
}

/** Of overlaps before the last rotation nothing is kept. */
function wasWithinOverlap(
  secret: { createdAt: Date; previousExpiresAt: Date | null } | null,
  at: Date,
): boolean {
  return !!secret?.previousExpiresAt && secret.createdAt <= at && at < secret.previousExpiresAt
}
