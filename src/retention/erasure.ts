import { type Actor, appendToAuditLog } from '../audit/append.ts'
import { NotFoundError } from '../domain/errors.ts'
import { relationsJson } from '../domain/payload.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { Logger } from '../telemetry/logger.ts'

/**
 * Deliveries changed in one transaction, each with all its attempts. Recording results and the live feed wait for long
 * transactions, and an event can have thousands of deliveries.
 */
const BATCH_SIZE = 250

/**
 * Deletes the content of an event: its data, relations and fingerprint, and the response bodies of its attempts. The other
 * fields stay as a tombstone. The content cannot be read from the first commit on; deliveries that a worker has read before
 * are sent for at most a quarter of a second more. When this resolves, waiting deliveries are CANCELED and the response
 * bodies are deleted. Repeating it changes nothing, but completes an interrupted erasure.
 * @throws NotFoundError
 */
export async function eraseEvent(
  { db, newId }: { db: Database; newId: NewId },
  { eventId, ...owner }: { eventId: string; organizationId: string; actor: Actor },
): Promise<void> {
  const last = await db.transaction(async (tx) => {
    const [erased] = await tx.query<{ type: string; isFirst: boolean }>(ERASE, [
      eventId,
      owner.organizationId,
      relationsJson({}),
    ])
    if (!erased) throw new NotFoundError(eventId)
    const last = await eraseBatch(tx, { eventId, after: '' })
    const entry = { action: 'EVENT_ERASED', subject: { id: eventId, name: erased.type } } as const
    if (erased.isFirst) await appendToAuditLog({ tx, newId }, owner, [entry])
    return last
  })
  if (last !== null) await eraseRemaining({ db }, { eventId, after: last })
}

const ERASE = `
with before as (
  select id, erased_at from event where id = $1 and organization_id = $2 for no key update
)
update event set
  data = '{}', relations = $3, related_ids = null, fingerprint = null,
  erased_at = coalesce(event.erased_at, service_now())
from before
where event.id = before.id
returning event.type, before.erased_at is null as "isFirst"`

/** The progress of an erasure. */
interface Progress {
  eventId: string
  /** The id of the last delivery that was changed; empty before the first. */
  after: string
}

/**
 * Erases the remaining deliveries of an event that is marked as erased, batch by batch.
 * @param signal ends it after the current batch
 */
export async function eraseRemaining(
  { db }: { db: Database },
  { eventId, after }: Progress,
  signal?: AbortSignal,
): Promise<void> {
  for (let last: string | null = after; last !== null && !signal?.aborted; ) {
    const progress: Progress = { eventId, after: last }
    last = await db.transaction((tx) => eraseBatch(tx, progress))
  }
}

/**
 * Cancels the waiting deliveries of one batch and deletes response bodies. Recording an attempt locks its delivery as well.
 * If it committed first, the second statement sees its response body; if it comes later, it reads `erased` and stores none.
 * Both lock deliveries by ascending id. Only a failure that disables a destination then locks further deliveries; if the two
 * deadlock, PostgreSQL ends one transaction after a second, and it is repeated.
 * @returns the id of the last delivery of the batch; null when there are no more
 */
async function eraseBatch(tx: Sql, { eventId, after }: Progress): Promise<string | null> {
  const batch = await tx.query<{ id: string }>(ERASE_DELIVERIES, [eventId, after, BATCH_SIZE])
  const ids = batch.map(({ id }) => id)
  await tx.query(
    `update delivery_attempt set response_body = null
    where delivery_id = any($1) and response_body is not null`,
    [ids],
  )
  return ids.length === BATCH_SIZE ? ids.at(-1)! : null
}

const ERASE_DELIVERIES = `
with batch as (
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
select id from batch order by id`

/** Milliseconds between the searches of one worker for interrupted erasures. The first is made at its start. */
export const FINISH_ERASURES_INTERVAL_MS = 300_000

/**
 * Completes erasures whose process died between two batches. The query reads the deliveries of all erased events, which are
 * few among all others.
 * @param signal ends it after the current batch
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
