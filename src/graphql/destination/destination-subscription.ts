import { builder } from '../builder.ts'
import { type Context, organizationOf } from '../context.ts'
import { streamFrom } from '../stream.ts'
import { Destination } from './destination.ts'
import { DestinationDeleted } from './destination-deleted.ts'

const watchedArgument = builder.args((t) => ({
  id: t.id({
    description:
      'Only this destination. Null means all of your organization; an id that does not exist brings none.',
  }),
}))

builder.subscriptionField('destinationChanged', (t) =>
  t.field({
    type: Destination,
    description:
      'A destination as it now stands, whenever its settings, its status or its failure count change, or when one is created. Changes in quick succession may come as one; a deletion is told by destinationDeleted. Needs the scope DESTINATIONS_READ.',
    authScopes: { DESTINATIONS_READ: true },
    args: watchedArgument,
    subscribe: (_root, { id }, ctx) => changes(ctx, id ?? null),
    resolve: (destination) => destination,
  }),
)

builder.subscriptionField('destinationDeleted', (t) =>
  t.field({
    type: DestinationDeleted,
    description:
      'Every destination of your organization that is deleted from now on, by whomever, each once. What was deleted while a connection was broken is not told: ask again for what you show. Needs the scope DESTINATIONS_READ.',
    authScopes: { DESTINATIONS_READ: true },
    args: watchedArgument,
    subscribe: (_root, { id }, ctx) =>
      ctx.ports.deletionFeed.subscribe(organizationOf(ctx), id ?? null),
    resolve: (deleted) => deleted,
  }),
)

/** Reads each destination that changed; one that was deleted meanwhile is passed over. */
function changes(ctx: Context, id: string | null) {
  const organizationId = organizationOf(ctx)
  const { db, destinationFeed } = ctx.ports
  const changed = destinationFeed.subscribe(organizationId, id)
  return streamFrom(changed, async () => {
    for (;;) {
      const next = await changed.next()
      if (next.done) return next
      const where = { id: next.value.id, organizationId }
      const value = await db.prisma.destination.findUnique({ where })
      if (value) return { value, done: false }
    }
  })
}
