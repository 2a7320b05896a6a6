import { cursorOf } from '../../feed/attempt-cursor.ts'
import { type RecordedAttempt, UnknownAttemptError } from '../../feed/feed.ts'
import { builder } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { EventType } from '../event/event-type.ts'
import { badUserInput } from '../request-error.ts'
import { isId } from '../scalars/id.ts'
import { streamFrom } from '../stream.ts'
import { AttemptStatus, DeliveryAttempt } from './delivery-attempt.ts'

builder.subscriptionField('deliveryAttempted', (t) =>
  t.field({
    type: DeliveryAttempt,
    description:
      'Every attempt of your organization as it is recorded, by whichever worker, in order and each once. To lose nothing over a broken connection, subscribe again with the cursor of the last attempt seen as after. An event stream has the cursor as the id of each event, and the header Last-Event-ID counts before after. Needs the scope DESTINATIONS_READ.',
    authScopes: { DESTINATIONS_READ: true },
    args: {
      destinationId: t.arg.id({
        description:
          'Only those of this destination. Null means all; an id that does not exist brings none.',
      }),
      eventTypes: t.arg({
        type: [EventType],
        description: 'Only those that tell of any of these. Null means all.',
      }),
      statuses: t.arg({
        type: [AttemptStatus],
        description: 'Only those that ended in any of these ways. Null means all.',
      }),
      after: t.arg.id({
        description:
          'The cursor or the id of an attempt: first comes all that was recorded after it, then what follows live, with no gap and no repetition. Null begins now.',
      }),
    },
    subscribe: (_root, { destinationId, eventTypes, statuses, after }, ctx) => {
      const organizationId = organizationOf(ctx)
      const filter = {
        organizationId,
        destinationId: destinationId == null ? null : isId(destinationId) ? destinationId : NOBODY,
        eventTypes: eventTypes ?? null,
        statuses: statuses ?? null,
      }
      if (ctx.resume) {
        ctx.resume.eventIdOf = (attempt) =>
          cursorOf(ctx.ports.cursorSeal, organizationId, attempt as RecordedAttempt)
      }
      // Newer than the argument, which a client sends again as it was when it connects anew.
      const start = ctx.resume?.lastEventId ?? after ?? null
      const attempts = ctx.ports.attemptFeed.subscribe(filter, start)
      return streamFrom(attempts, () => attempts.next().catch(explain))
    },
    resolve: (attempt) => attempt,
  }),
)

/** No destination's id, and unlike what a client may send it can be compared with them. */
const NOBODY = ''

function explain(error: unknown): never {
  throw error instanceof UnknownAttemptError ? unknownPosition() : error
}

const unknownPosition = () =>
  badUserInput(
    'after, or the header Last-Event-ID, is neither a cursor nor the id of an attempt that exists: old ones are deleted. Use cursors as they came, which stay valid. Subscribe without it, and read what was missed with Destination.attempts.',
  )
