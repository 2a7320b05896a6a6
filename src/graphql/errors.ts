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
import type { Issue } from '../domain/json.ts'
import { builder } from './builder.ts'
import { DestinationRequirement, DestinationStatus } from './destination/destination-status.ts'
import { readEvents } from './event/event.ts'

/**
 * What a mutation may answer instead of its result, as members of its union. A refusal that no mutation
 * names here would reach nobody: it is masked like any other fault of ours.
 * @param description of the union
 */
export function refusals<const Types extends (new (...args: never[]) => Refusal)[]>(
  description: string,
  ...types: Types
) {
  return { types, union: { description } }
}

const UserError = builder.interfaceRef<Refusal>('UserError').implement({
  description:
    'A refusal that you can act on. Every mutation answers its refusals in its result, so that "... on UserError { message }" catches them all, also those that are added later.',
  fields: (t) => ({
    message: t.exposeString('message', {
      description:
        'What is wrong and what to do about it, as a sentence for people. Its wording may change.',
    }),
  }),
})

const ValidationIssue = builder.objectRef<Issue>('ValidationIssue').implement({
  description: 'One thing that is wrong with an input.',
  fields: (t) => ({
    path: t.exposeStringList('path', {
      description:
        'Leads to it from the root of the input, as in ["data", "speakers", "0", "name"]. Empty when it is about the input as a whole.',
    }),
    message: t.exposeString('message', { description: 'What was expected there, as a sentence.' }),
  }),
})

builder.objectType(ValidationError, {
  name: 'ValidationError',
  description: 'The input breaks a rule. Nothing was written.',
  interfaces: [UserError],
  fields: (t) => ({
    issues: t.field({
      type: [ValidationIssue],
      description: 'Everything that is wrong with it, at least one; of one event, the first 1,000.',
      resolve: ({ issues }) => issues,
    }),
  }),
})

builder.objectType(NotFoundError, {
  name: 'NotFoundError',
  description:
    "Nothing in your organization has this id: it was never there or has been deleted. Another organization's id is answered in the same way.",
  interfaces: [UserError],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id that was asked for.' }),
  }),
})

builder.objectType(DestinationNotReadyError, {
  name: 'DestinationNotReadyError',
  description: 'The destination lacks something that this needs. Set it, then try again.',
  interfaces: [UserError],
  fields: (t) => ({
    missing: t.field({
      type: [DestinationRequirement],
      description: 'What it lacks, at least one.',
      resolve: ({ missing }) => missing,
    }),
  }),
})

builder.objectType(DestinationInactiveError, {
  name: 'DestinationInactiveError',
  description: 'Only an ACTIVE destination is sent to. Activate it, then try again.',
  interfaces: [UserError],
  fields: (t) => ({
    status: t.expose('status', {
      type: DestinationStatus,
      description:
        "How the destination stands instead: INACTIVE or DISABLED. Beside a delivery's own status it needs an alias.",
    }),
  }),
})

builder.objectType(EventErasedError, {
  name: 'EventErasedError',
  description:
    'The content of the event was erased: there is nothing left to send, and never will be.',
  interfaces: [UserError],
  fields: (t) => ({
    erasedAt: t.expose('erasedAt', { type: 'DateTime', description: 'When it was erased.' }),
  }),
})

builder.objectType(IdempotencyConflictError, {
  name: 'IdempotencyConflictError',
  description:
    'This idempotency key already stands for another event. Nothing was published: give a new event a new key.',
  interfaces: [UserError],
  fields: (t) => ({
    event: t.prismaField({
      type: 'Event',
      description: 'The event that was published first under the key.',
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
    'The organization has as many destinations as it can have. Delete one that is no longer used.',
  interfaces: [UserError],
  fields: (t) => ({
    limit: t.exposeInt('limit', { description: 'How many it can have.' }),
  }),
})
