import {
  activateDestination,
  createDestination,
  deactivateDestination,
  deleteDestination,
  updateDestination,
} from '../../destinations/destination.ts'
import { DESTINATION_LIMIT } from '../../domain/destination.ts'
import {
  DestinationLimitError,
  DestinationNotReadyError,
  NotFoundError,
  ValidationError,
} from '../../domain/errors.ts'
import { NAME_LENGTH } from '../../domain/name.ts'
import { builder } from '../builder.ts'
import { actorOf, organizationOf } from '../context.ts'
import { refusals } from '../errors.ts'
import { EventType } from '../event/event-type.ts'
import { DestinationDeleted } from './destination-deleted.ts'
import { destinationArgument, destinationTarget, readDestination } from './destination-key.ts'

const NAME = `1 to ${NAME_LENGTH} characters; blanks around it are cut off.`
const URL_RULES =
  'https only, at most 2,048 characters, with no user or password, and not to a private or otherwise reserved address.'

const DestinationCreateInput = builder.inputType('DestinationCreateInput', {
  description: 'The settings of a new destination. All but the name can follow later.',
  fields: (t) => ({
    name: t.string({ required: true, description: `What people will call it: ${NAME}` }),
    url: t.field({
      type: 'URL',
      description: `Where to send: ${URL_RULES} Null or left out: set it later.`,
    }),
    events: t.field({
      type: [EventType],
      description: 'What it wants to be told. Null or left out: nothing yet.',
    }),
  }),
})

const DestinationUpdateInput = builder.inputType('DestinationUpdateInput', {
  description: 'The settings to change. What is left out stays as it is.',
  fields: (t) => ({
    name: t.string({ description: `A new name: ${NAME} Null or left out: as it is.` }),
    url: t.field({
      type: 'URL',
      description: `Where to send from now on: ${URL_RULES} Null takes it away; left out: as it is.`,
    }),
    events: t.field({
      type: [EventType],
      description: 'The whole new selection, in place of the old one. Null or left out: as it is.',
    }),
  }),
})

const scopes = { authScopes: { DESTINATIONS_WRITE: true } } as const

builder.mutationField('destinationCreate', (t) =>
  t.prismaField({
    ...scopes,
    type: 'Destination',
    description: `Creates a destination: INACTIVE, with a fresh secret. An organization can have ${DESTINATION_LIMIT.toLocaleString('en')}. Needs the scope DESTINATIONS_WRITE.`,
    args: {
      input: t.arg({
        type: DestinationCreateInput,
        required: true,
        description: 'Its settings.',
      }),
    },
    nullable: true,
    errors: refusals(
      'The new destination, or why there is none.',
      ValidationError,
      DestinationLimitError,
    ),
    resolve: async (query, _root, { input }, ctx) => {
      const organizationId = organizationOf(ctx)
      const maker = { organizationId, actor: actorOf(ctx) }
      const id = await createDestination(ctx.ports, maker, {
        name: input.name,
        url: input.url ?? undefined,
        events: input.events ?? undefined,
      })
      return readDestination(query, { id, organizationId }, ctx)
    },
  }),
)

builder.mutationField('destinationUpdate', (t) =>
  t.prismaField({
    ...scopes,
    type: 'Destination',
    description:
      'Changes the settings that are given. An ACTIVE destination keeps a URL and at least one event. Needs the scope DESTINATIONS_WRITE.',
    args: {
      ...destinationArgument,
      input: t.arg({
        type: DestinationUpdateInput,
        required: true,
        description: 'What to change.',
      }),
    },
    nullable: true,
    errors: refusals(
      'The destination as it is now, or why nothing was changed.',
      ValidationError,
      NotFoundError,
      DestinationNotReadyError,
    ),
    resolve: async (query, _root, { id, input }, ctx) => {
      const target = destinationTarget(id, ctx)
      await updateDestination(ctx.ports, target, {
        name: input.name ?? undefined,
        url: input.url,
        events: input.events ?? undefined,
      })
      return readDestination(query, target, ctx)
    },
  }),
)

builder.mutationField('destinationSelectEvents', (t) =>
  t.prismaField({
    ...scopes,
    type: 'Destination',
    description:
      'Replaces the selection of events. What is published from now on goes by it; what already waits is still sent. Needs the scope DESTINATIONS_WRITE.',
    args: {
      ...destinationArgument,
      events: t.arg({
        type: [EventType],
        required: true,
        description:
          'The whole new selection, in any order; repetitions do not matter. An ACTIVE destination needs at least one.',
      }),
    },
    nullable: true,
    errors: refusals(
      'The destination with its new selection, or why it kept the old one.',
      ValidationError,
      NotFoundError,
      DestinationNotReadyError,
    ),
    resolve: async (query, _root, { id, events }, ctx) => {
      const target = destinationTarget(id, ctx)
      await updateDestination(ctx.ports, target, { events })
      return readDestination(query, target, ctx)
    },
  }),
)

builder.mutationField('destinationActivate', (t) =>
  t.prismaField({
    ...scopes,
    type: 'Destination',
    description:
      'Starts sending, with failureCount at 0. Needs a URL and at least one event. Activating an ACTIVE destination changes nothing. Needs the scope DESTINATIONS_WRITE.',
    args: destinationArgument,
    nullable: true,
    errors: refusals(
      'The ACTIVE destination, or what it lacks.',
      NotFoundError,
      DestinationNotReadyError,
    ),
    resolve: async (query, _root, { id }, ctx) => {
      const target = destinationTarget(id, ctx)
      await activateDestination(ctx.ports, target)
      return readDestination(query, target, ctx)
    },
  }),
)

builder.mutationField('destinationDeactivate', (t) =>
  t.prismaField({
    ...scopes,
    type: 'Destination',
    description:
      'Stops sending: the destination is INACTIVE, and its waiting deliveries become CANCELED. An attempt that is under way is still recorded. Needs the scope DESTINATIONS_WRITE.',
    args: destinationArgument,
    nullable: true,
    errors: refusals('The INACTIVE destination, or that there is none.', NotFoundError),
    resolve: async (query, _root, { id }, ctx) => {
      const target = destinationTarget(id, ctx)
      await deactivateDestination(ctx.ports, target)
      return readDestination(query, target, ctx)
    },
  }),
)

builder.mutationField('destinationDelete', (t) =>
  t.field({
    ...scopes,
    type: DestinationDeleted,
    description:
      'Deletes a destination for good: its deliveries, its attempts, its secret and its audit log go with it. There is no way back. Needs the scope DESTINATIONS_WRITE.',
    args: destinationArgument,
    nullable: true,
    errors: refusals('What was deleted, or that there was nothing to delete.', NotFoundError),
    resolve: async (_root, { id }, ctx) => {
      await deleteDestination(ctx.ports, destinationTarget(id, ctx))
      return { id }
    },
  }),
)
