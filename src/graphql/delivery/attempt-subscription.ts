import { cursorOf, type RecordedAttempt, UnknownAttemptError } from '../../feed/attempt-cursor.ts'
import { builder } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { requires } from '../description.ts'
import { EventType } from '../event/event-definition.ts'
import { badUserInput } from '../request-error.ts'
import { isId } from '../scalars/id.ts'
import { AttemptStatus, DeliveryAttempt } from './delivery-attempt.ts'

builder.subscriptionField('deliveryAttempted', (t) =>
  t.field({
    ...requires(
      'Emits every attempt of your organization once, in order, as soon as it is recorded. To continue after a lost connection without a gap, subscribe again with the cursor of the last received attempt as after. Server-sent events have this cursor as their id, and the header Last-Event-ID takes precedence over after.',
      'DESTINATIONS_READ',
    ),
    type: DeliveryAttempt,
    args: {
      destinationId: t.arg.id({
        description:
          'Restricts the subscription to this destination. Null means all. An unknown id yields nothing.',
      }),
      eventTypes: t.arg({
        type: [EventType],
        description: 'Restricts the subscription to these event types. Null means all.',
      }),
      statuses: t.arg({
        type: [AttemptStatus],
        description: 'Restricts the subscription to attempts with these statuses. Null means all.',
      }),
      after: t.arg.id({
        description:
          'The cursor or the id of an attempt. Attempts recorded after it are emitted first, then new ones, without gaps or duplicates. Null starts with new attempts.',
      }),
    },
    subscribe: (_root, { destinationId, eventTypes, statuses, after }, ctx) => {
      const organizationId = organizationOf(ctx)
      const filter = {
        organizationId,
        destinationId: destinationId == null ? null : isId(destinationId) ? destinationId : NO_ID,
        eventTypes: eventTypes ?? null,
        statuses: statuses ?? null,
      }
      if (ctx.resume) {
        ctx.resume.eventIdOf = (attempt) =>
          cursorOf(ctx.ports.cursorSeal, organizationId, attempt as RecordedAttempt)
      }
      // A client that reconnects repeats `after` unchanged, so Last-Event-ID is the newer position.
      const start = ctx.resume?.lastEventId ?? after ?? null
      const { attemptFeed } = ctx.ports
      return attemptFeed.subscribe(
        filter,
        start === null
          ? null
          : () => attemptFeed.positionAfter(organizationId, start).catch(explainUnknownAttempt),
      )
    },
    resolve: (attempt) => attempt,
  }),
)

/** Matches no destination. Unlike a malformed id of a client, it is safe to compare in SQL. */
const NO_ID = ''

function explainUnknownAttempt(error: unknown): never {
  if (!(error instanceof UnknownAttemptError)) throw error
  throw badUserInput(
    'after, or the header Last-Event-ID, is not a cursor, and no attempt has this id. Old attempts are deleted, but their cursors stay valid: pass a cursor unchanged. Subscribe without it to continue with new attempts, and read missed ones with Destination.attempts.',
  )
}
