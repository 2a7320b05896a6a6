import { activateDestination, deactivateDestination } from '../../destinations/activation.ts'
import { deleteDestination } from '../../destinations/deletion.ts'
import { createDestination, updateDestination } from '../../destinations/settings.ts'
import { DESTINATION_LIMIT } from '../../domain/destination.ts'
import { MAX_URL_LENGTH } from '../../domain/destination-url.ts'
import {
  DestinationLimitError,
  DestinationNotReadyError,
  NotFoundError,
  ValidationError,
} from '../../domain/errors.ts'
import { NAME_LENGTH } from '../../domain/name.ts'
import { builder } from '../builder.ts'
import { actorOf, organizationOf } from '../context.ts'
import { grouped, requires } from '../description.ts'
import { EventType } from '../event/event-definition.ts'
import { destinations } from '../readers.ts'
import { refusals } from '../refusals.ts'
import { destinationArgument, destinationTarget } from './destination-argument.ts'
import { DestinationDeleted } from './destination-subscription.ts'

const NAME_RULE = `1 to ${NAME_LENGTH} characters. Surrounding whitespace is removed.`
const URL_RULE = `It must use https, have at most ${grouped(MAX_URL_LENGTH)} characters, contain no user name or password, and not lead to a private or otherwise reserved address.`

const DestinationCreateInput = builder.inputType('DestinationCreateInput', {
  description:
    'The settings of a new destination. Only the name is required; the others can be set later.',
  fields: (t) => ({
    name: t.string({ required: true, description: `The display name, ${NAME_RULE}` }),
    url: t.field({
      type: 'URL',
      description: `The URL to send deliveries to. ${URL_RULE} Null or left out: no URL yet.`,
    }),
    events: t.field({
      type: [EventType],
      description:
        'The event types to subscribe to, in any order. Duplicates are ignored. Null or left out: none yet.',
    }),
  }),
})

const DestinationUpdateInput = builder.inputType('DestinationUpdateInput', {
  description: 'The settings to change. Settings that are left out keep their values.',
  fields: (t) => ({
    name: t.string({
      description: `The new display name, ${NAME_RULE} Null or left out: unchanged.`,
    }),
    url: t.field({
      type: 'URL',
      description: `The new URL to send deliveries to. ${URL_RULE} Null removes the URL; left out: unchanged.`,
    }),
    events: t.field({
      type: [EventType],
      description:
        'The complete new list of event types, which replaces the old one. Null or left out: unchanged.',
    }),
  }),
})

builder.mutationField('destinationCreate', (t) =>
  t.prismaField({
    ...requires(
      `Creates a destination. It is INACTIVE and has a new signing secret. An organization can have ${grouped(DESTINATION_LIMIT)} destinations.`,
      'DESTINATIONS_WRITE',
    ),
    type: 'Destination',
    args: {
      input: t.arg({
        type: DestinationCreateInput,
        required: true,
        description: 'The settings of the destination.',
      }),
    },
    nullable: true,
    errors: refusals(
      'The new destination, or the reason why none was created.',
      ValidationError,
      DestinationLimitError,
    ),
    resolve: async (query, _root, { input }, ctx) => {
      const creator = { organizationId: organizationOf(ctx), actor: actorOf(ctx) }
      const id = await createDestination(ctx.ports, creator, {
        name: input.name,
        url: input.url ?? undefined,
        events: input.events ?? undefined,
      })
      return destinations.get(ctx, query, id)
    },
  }),
)

builder.mutationField('destinationUpdate', (t) =>
  t.prismaField({
    ...requires(
      'Changes the given settings. An ACTIVE destination must keep a URL and at least one event type.',
      'DESTINATIONS_WRITE',
    ),
    type: 'Destination',
    args: {
      ...destinationArgument,
      input: t.arg({
        type: DestinationUpdateInput,
        required: true,
        description: 'The settings to change.',
      }),
    },
    nullable: true,
    errors: refusals(
      'The updated destination, or the reason why it was not changed.',
      ValidationError,
      NotFoundError,
      DestinationNotReadyError,
    ),
    resolve: async (query, _root, { id, input }, ctx) => {
      await updateDestination(ctx.ports, destinationTarget(id, ctx), {
        name: input.name ?? undefined,
        url: input.url,
        events: input.events ?? undefined,
      })
      return destinations.get(ctx, query, id)
    },
  }),
)

builder.mutationField('destinationSelectEvents', (t) =>
  t.prismaField({
    ...requires(
      'Replaces the event types that the destination subscribes to. This affects events published from now on; pending deliveries are still sent.',
      'DESTINATIONS_WRITE',
    ),
    type: 'Destination',
    args: {
      ...destinationArgument,
      events: t.arg({
        type: [EventType],
        required: true,
        description:
          'The complete new list of event types, in any order. Duplicates are ignored. An ACTIVE destination requires at least one.',
      }),
    },
    nullable: true,
    errors: refusals(
      'The updated destination, or the reason why it was not changed.',
      ValidationError,
      NotFoundError,
      DestinationNotReadyError,
    ),
    resolve: async (query, _root, { id, events }, ctx) => {
      await updateDestination(ctx.ports, destinationTarget(id, ctx), { events })
      return destinations.get(ctx, query, id)
    },
  }),
)

builder.mutationField('destinationActivate', (t) =>
  t.prismaField({
    ...requires(
      'Starts sending to the destination and resets failureCount to 0. The destination must have a URL and at least one event type. Activating an ACTIVE destination changes nothing.',
      'DESTINATIONS_WRITE',
    ),
    type: 'Destination',
    args: destinationArgument,
    nullable: true,
    errors: refusals(
      'The ACTIVE destination, or the reason why it was not activated.',
      NotFoundError,
      DestinationNotReadyError,
    ),
    resolve: async (query, _root, { id }, ctx) => {
      await activateDestination(ctx.ports, destinationTarget(id, ctx))
      return destinations.get(ctx, query, id)
    },
  }),
)

builder.mutationField('destinationDeactivate', (t) =>
  t.prismaField({
    ...requires(
      'Stops sending to the destination: its status becomes INACTIVE, and its pending deliveries become CANCELED. An attempt in progress is still recorded.',
      'DESTINATIONS_WRITE',
    ),
    type: 'Destination',
    args: destinationArgument,
    nullable: true,
    errors: refusals(
      'The INACTIVE destination, or the reason why it was not deactivated.',
      NotFoundError,
    ),
    resolve: async (query, _root, { id }, ctx) => {
      await deactivateDestination(ctx.ports, destinationTarget(id, ctx))
      return destinations.get(ctx, query, id)
    },
  }),
)

builder.mutationField('destinationDelete', (t) =>
  t.field({
    ...requires(
      'Deletes the destination permanently, together with its deliveries, attempts, signing secret and audit log. This cannot be undone.',
      'DESTINATIONS_WRITE',
    ),
    type: DestinationDeleted,
    args: destinationArgument,
    nullable: true,
    errors: refusals(
      'The id of the deleted destination, or the reason why none was deleted.',
      NotFoundError,
    ),
    resolve: async (_root, { id }, ctx) => {
      await deleteDestination(ctx.ports, destinationTarget(id, ctx))
      return { id }
    },
  }),
)
