import { NotFoundError } from '../domain/errors.ts'
import { relationsJson } from '../domain/payload.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { Logger } from '../telemetry/logger.ts'

/**
 * Deliveries of one transaction, each with all its attempts: an event can have gone to thousands of
 * destinations, and recording their results and the live feed wait for whoever writes for long.
 */
const PART = 250

/**
 * Removes the content of an event for good: data, relations, what tells a repeat from it, and what receivers
 * answered to it. The rest stays as a tombstone. From the first commit on nothing of it is readable, and what a
 * worker had read before is sent for a quarter of a second more, as after every change of what is to be sent.
 * What waits is CANCELED and the answers of receivers are gone when this resolves. Doing it again
 * changes nothing, but finishes what was interrupted.
 * @throws NotFoundError
 */
export async function eraseEvent(
  { db }: { db: Database },
  organizationId: string,
  eventId: string,
): Promise<void> {
  const last = await db.transaction(async (tx) => {
    const erased = await tx.query(
      `update event set
        data = '{}', relations = $3, related_ids = null, fingerprint = null,
        erased_at = coalesce(erased_at, service_now())
      where id = $1 and organization_id = $2
      returning 1`,
      [eventId, organizationId, relationsJson({})],
    )
    if (erased.length === 0) throw new NotFoundError(eventId)
    return eraseBatch(tx, { eventId, after: '' })
  })
  if (last !== null) await eraseRemaining({ db }, { eventId, after: last })
}

/** How far the erasure of an event has come. */
interface Place {
  eventId: string
  /** The last delivery that is done, empty before the first. */
  after: string
}

/**
 * Goes on with the deliveries of an event that is erased already, part by part.
 * @param signal ends it after the part under way
 */
export async function eraseRemaining(
  { db }: { db: Database },
  { eventId, after }: Place,
  signal?: AbortSignal,
): Promise<void> {
  for (let last: string | null = after; last !== null && !signal?.aborted; ) {
    const place: Place = { eventId, after: last }
    last = await db.transaction((tx) => eraseBatch(tx, place))
  }
}

/**
 * Cancels what waits and removes the answers of receivers. Whoever records an attempt locks its delivery as
 * well: either it was first, and the second statement, which begins after the lock is ours, sees its answer;
 * or it comes afterwards and sees the mark. Both take deliveries in the order of their ids. Only who records
 * failures that disable a destination goes on to others that wait: when it meets us then, PostgreSQL ends one
 * of us after a second, and that transaction is run again.
 * @returns the last delivery of the part, null when there are no more
 */
async function eraseBatch(tx: Sql, { eventId, after }: Place): Promise<string | null> {
  const part = await tx.query<{ id: string }>(ERASE_DELIVERIES, [eventId, after, PART])
  const ids = part.map(({ id }) => id)
  await tx.query(
    `update delivery_attempt set response_body = null
    where delivery_id = any($1) and response_body is not null`,
    [ids],
  )
  return ids.length === PART ? ids.at(-1)! : null
}

const ERASE_DELIVERIES = `
with part as (
  update delivery set
    erased = true,
    status = (case when status = 'PENDING' then 'CANCELED' else status::text end)::delivery_status,
    due_at = null,
    completed_at = case when status = 'PENDING' then service_now() else completed_at end
  where id in (
    select id from delivery where event_id = $1 and id > $2 and not erased
    order by id limit $3 for no key update
  )
  returning id
)
select id from part order by id`

/** Milliseconds between looks of one worker; the first is made at its start. */
export const FINISH_ERASURES_INTERVAL_MS = 300_000

/**
 * Ends erasures whose process died between two parts. The look passes the deliveries of every erased event,
 * which are few beside all others.
 * @param signal ends it after the part under way
 */
export async function finishErasures(
  { db, log }: { db: Database; log: Logger },
  signal?: AbortSignal,
): Promise<void> {
  const unfinished = await db.query<{ id: string }>(
    `select id from event
    where erased_at is not null
      and exists (select from delivery where event_id = event.id and not erased)`,
  )
  for (const { id } of unfinished) {
    if (!signal?.aborted) await eraseRemaining({ db }, { eventId: id, after: '' }, signal)
  }
  if (unfinished.length > 0) log.info({ events: unfinished.length }, 'went on with erasures')
}
