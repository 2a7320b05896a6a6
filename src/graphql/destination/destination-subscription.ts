import { mapStream, SKIP } from '../../concurrency/stream.ts'
import { builder } from '../builder.ts'
import { type Context, organizationOf } from '../context.ts'
import { requires } from '../description.ts'
import { destinations } from '../readers.ts'
import { Destination } from './destination.ts'

export const DestinationDeleted = builder
  .objectRef<{ id: string }>('DestinationDeleted')
  .implement({
    description: 'A destination that was deleted.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The id of the destination. It is never reused.' }),
    }),
  })

const watchedArgument = builder.args((t) => ({
  id: t.id({
    description:
      'Restricts the subscription to this destination. Null means all destinations of your organization. An unknown id yields nothing.',
  }),
}))

builder.subscriptionField('destinationChanged', (t) =>
  t.field({
    ...requires(
      'Emits a destination each time it is created or its settings, status or failure count change. Changes in quick succession can be emitted as one. Deletions are emitted by destinationDeleted.',
      'DESTINATIONS_READ',
    ),
    type: Destination,
    args: watchedArgument,
    subscribe: (_root, { id }, ctx) => changedDestinations(ctx, id ?? null),
    resolve: (destination) => destination,
  }),
)

builder.subscriptionField('destinationDeleted', (t) =>
  t.field({
    ...requires(
      'Emits each destination of your organization that is deleted from now on, once. Deletions while a client is disconnected are not emitted later: after reconnecting, query the destinations again.',
      'DESTINATIONS_READ',
    ),
    type: DestinationDeleted,
    args: watchedArgument,
    subscribe: (_root, { id }, ctx) =>
      ctx.ports.deletionFeed.subscribe(organizationOf(ctx), id ?? null),
    resolve: (deleted) => deleted,
  }),
)

/** Reads each changed destination. One that was deleted meanwhile is skipped. */
function changedDestinations(ctx: Context, watched: string | null) {
  const changes = ctx.ports.destinationFeed.subscribe(organizationOf(ctx), watched)
  return mapStream(changes, async ({ id }) => (await destinations.find(ctx, {}, id)) ?? SKIP)
}
