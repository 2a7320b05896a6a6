import { builder } from './builder.ts'
import { type Context, organizationOf } from './context.ts'
import { Destination } from './destination.ts'

builder.subscriptionField('destinationChanged', (t) =>
  t.field({
    type: Destination,
    description:
      'A destination as it now stands, whenever its settings, its status or its failure count change, or when one is created. Changes in quick succession may come as one; a deletion is not told. Needs the scope DESTINATIONS_READ.',
    authScopes: { DESTINATIONS_READ: true },
    args: {
      id: t.arg.id({
        description:
          'Only this destination. Null means all of your organization; an id that does not exist brings none.',
      }),
    },
    subscribe: (_root, { id }, ctx) => changes(ctx, id ?? null),
    resolve: (destination) => destination,
  }),
)

/** Reads each destination that changed; one that was deleted meanwhile is passed over. */
async function* changes(ctx: Context, id: string | null) {
  const organizationId = organizationOf(ctx)
  const { db, destinationFeed } = ctx.ports
  for await (const changed of destinationFeed.subscribe(organizationId, id)) {
    const now = await db.prisma.destination.findUnique({
      where: { id: changed.id, organizationId },
    })
    if (now) yield now
  }
}
