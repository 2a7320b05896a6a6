import type { DestinationKey, DestinationTarget } from '../../destinations/destination.ts'
import { NotFoundError } from '../../domain/errors.ts'
import { builder } from '../builder.ts'
import { actorOf, type Context, organizationOf } from '../context.ts'
import { isId } from '../scalars/id.ts'

/** The argument of every query and mutation of one destination. */
export const destinationArgument = builder.args((t) => ({
  id: t.id({ required: true, description: 'The id of the destination, with the prefix whk_.' }),
}))

/**
 * Returns the destination of an argument, limited to the caller's organization.
 * @throws NotFoundError for a malformed id
 */
export function destinationKey(id: string, ctx: Context): DestinationKey {
  if (!isId(id)) throw new NotFoundError(id)
  return { id, organizationId: organizationOf(ctx) }
}

/**
 * Returns the same with the caller, whom the audit log records.
 * @throws NotFoundError for a malformed id
 */
export const destinationTarget = (id: string, ctx: Context): DestinationTarget => ({
  ...destinationKey(id, ctx),
  actor: actorOf(ctx),
})
