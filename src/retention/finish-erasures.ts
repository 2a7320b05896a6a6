import type { Database } from '../storage/database.ts'
import type { Logger } from '../telemetry/logger.ts'
import { eraseRest } from './erasure.ts'

/** Milliseconds between looks of one worker; the first is made at its start. */
export const FINISH_ERASURES_EVERY = 300_000

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
    if (!signal?.aborted) await eraseRest({ db }, { eventId: id, after: '' }, signal)
  }
  if (unfinished.length > 0) log.info({ events: unfinished.length }, 'went on with erasures')
}
