import {
  DestinationInactiveError,
  DestinationLimitError,
  DestinationNotReadyError,
  EventErasedError,
  IdempotencyConflictError,
  NotFoundError,
  type Refusal,
  ValidationError,
} from '../domain/errors.ts'
import { MAX_EVENT_ISSUES } from '../domain/events/check.ts'
import type { Issue } from '../domain/json.ts'
import { builder } from './builder.ts'
import { grouped } from './description.ts'
import { DestinationRequirement, DestinationStatus } from './destination/destination-status.ts'
import { readEvents } from './event/event.ts'

/**
 * Returns the `errors` option of a mutation: the refusals in the union of its result. A refusal that no mutation lists
 * is masked like an internal fault.
 * @param description the description of the union
 */
export function refusals<const Types extends (new (...args: never[]) => Refusal)[]>(
  description: string,
  ...types: Types
) {
  return { types, union: { description } }
}

const UserError = builder.interfaceRef<Refusal>('UserError').implement({
  description:
    'An error that you can act on. Every mutation returns such errors in its result: "... on UserError { message }" selects all of them, including those added in later versions.',
  fields: (t) => ({
    message: t.exposeString('message', {
      description:
        'What is wrong and what to do about it, for people to read. The wording can change.',
    }),
  }),
})

const ValidationIssue = builder.objectRef<Issue>('ValidationIssue').implement({
  description: 'One problem with an input.',
  fields: (t) => ({
    path: t.exposeStringList('path', {
      description:
        'The path to the value from the root of the input, as in ["data", "speakers", "0", "name"]. Empty if the problem concerns the input as a whole.',
    }),
    message: t.exposeString('message', { description: 'What was expected, for people to read.' }),
  }),
})

builder.objectType(ValidationError, {
  name: 'ValidationError',
  description: 'The input is not valid. Nothing was changed.',
  interfaces: [UserError],
  fields: (t) => ({
    issues: t.field({
      type: [ValidationIssue],
      description: `All problems with the input, at least one. For each event, at most ${grouped(MAX_EVENT_ISSUES)}.`,
      resolve: ({ issues }) => issues,
    }),
  }),
})

builder.objectType(NotFoundError, {
  name: 'NotFoundError',
  description:
    'Your organization has no object with this id. It never existed, was deleted, or belongs to another organization.',
  interfaces: [UserError],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id from the request.' }),
  }),
})

builder.objectType(DestinationNotReadyError, {
  name: 'DestinationNotReadyError',
  description: 'The destination lacks a setting that this action requires. Set it and try again.',
  interfaces: [UserError],
  fields: (t) => ({
    missing: t.field({
      type: [DestinationRequirement],
      description: 'The missing settings, at least one.',
      resolve: ({ missing }) => missing,
    }),
  }),
})

builder.objectType(DestinationInactiveError, {
  name: 'DestinationInactiveError',
  description: 'The destination is not ACTIVE. Activate it and try again.',
  interfaces: [UserError],
  fields: (t) => ({
    status: t.expose('status', {
      type: DestinationStatus,
      description:
        'The status of the destination: INACTIVE or DISABLED. Use an alias if the selection also has the status of a delivery.',
    }),
  }),
})

builder.objectType(EventErasedError, {
  name: 'EventErasedError',
  description: 'The content of the event was erased, so it can never be sent again.',
  interfaces: [UserError],
  fields: (t) => ({
    erasedAt: t.expose('erasedAt', {
      type: 'DateTime',
      description: 'When the content was erased.',
    }),
  }),
})

builder.objectType(IdempotencyConflictError, {
  name: 'IdempotencyConflictError',
  description:
    'Another event was already published with this idempotency key. Nothing was published. Use a new key for each new event.',
  interfaces: [UserError],
  fields: (t) => ({
    event: t.prismaField({
      type: 'Event',
      description: 'The event that was first published with this key.',
      resolve: async (query, { eventId }, _args, ctx) => {
        const events = await readEvents(query, [eventId], ctx)
        return events.get(eventId)!
      },
    }),
  }),
})

builder.objectType(DestinationLimitError, {
  name: 'DestinationLimitError',
  description:
    'The organization has the maximum number of destinations. Delete one that is no longer used.',
  interfaces: [UserError],
  fields: (t) => ({
    limit: t.exposeInt('limit', { description: 'The maximum number of destinations.' }),
  }),
})
