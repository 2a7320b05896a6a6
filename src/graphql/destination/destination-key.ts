import type { DestinationKey, DestinationTarget } from '../../destinations/destination.ts'
import { NotFoundError } from '../../domain/errors.ts'
import type { Destination } from '../../generated/prisma/client.ts'
import { builder } from '../builder.ts'
import { actorOf, type Context, organizationOf } from '../context.ts'
import { isId } from '../scalars/id.ts'

/** The argument of whatever is done with one destination. */
export const destinationArgument = builder.args((t) => ({
  id: t.id({ required: true, description: "The destination's id, beginning with whk_." }),
}))

/**
 * The destination that an argument names, as its organization may see it.
 * @throws NotFoundError for what cannot be an id
 */
export function destinationKey(id: string, ctx: Context): DestinationKey {
  if (!isId(id)) throw new NotFoundError(id)
  return { id, organizationId: organizationOf(ctx) }
}

/**
 * The same, for what its audit log tells of.
 * @throws NotFoundError for what cannot be an id
 */
export const destinationTarget = (id: string, ctx: Context): DestinationTarget => ({
  ...destinationKey(id, ctx),
  actor: actorOf(ctx),
})

/**
 * Reads a destination as it now stands.
 * @param query what the operation selects of it
 * @throws NotFoundError
 */
export async function readDestination(
  query: object,
  { id, organizationId }: DestinationKey,
  ctx: Context,
): Promise<Destination> {
  const where = { id, organizationId }
  const found = await ctx.ports.db.prisma.destination.findUnique({ ...query, where })
  if (!found) throw new NotFoundError(id)
  return found
}
