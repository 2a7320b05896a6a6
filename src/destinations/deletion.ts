import { appendToAuditLog } from '../audit/append.ts'
import { CHANNELS } from '../storage/channels.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import { writeAuditEntry } from './audit.ts'
import { type DestinationTarget, type LockedDestination, lockDestination } from './destination.ts'
import { changesOf } from './settings.ts'

/** Deliveries deleted in one transaction, each with its attempts. */
const BATCH_SIZE = 5_000

/**
 * Deletes a destination with its secret, its deliveries, their attempts and the events of its test sends. One with a long
 * history is deleted batch by batch, and receives no events meanwhile.
 * @throws NotFoundError
 */
export async function deleteDestination(
  { db, newId }: { db: Database; newId: NewId },
  target: DestinationTarget,
): Promise<void> {
  for (let more = true; more; ) {
    more = await db.transaction(async (tx) => {
      // A separate statement: rows committed while it waited, such as a test send, are visible only to the next one.
      const before = await lockDestination(tx, target)
      const [batch] = await tx.query<{ more: boolean }>(DELETE_BATCH, [target.id, BATCH_SIZE])
      if (batch?.more) await deselectEvents({ tx, newId }, target, before)
      else {
        await tx.query(DELETE, [target.id])
        const subject = { id: target.id, name: before.name }
        await appendToAuditLog({ tx, newId }, target, [{ action: 'DESTINATION_DELETED', subject }])
      }
      return batch?.more ?? false
    })
  }
}

/** Keeps the positions of the attempts of the last day in the live feed, for subscribers that continue after one of them. */
const DELETE_BATCH = `
with batch as (
  select id, event_id, test from delivery where destination_id = $1 limit $2
), positions as (
  insert into deleted_attempt (id, organization_id, recorded_in, deleted_at)
  select id, organization_id, recorded_in, service_now() from delivery_attempt
  where delivery_id in (select id from batch) and attempted_at > service_now() - interval '1 day'
), tests as (
  delete from event where id in (select event_id from batch where test)
), deleted as (
  delete from delivery where id in (select id from batch where not test)
)
select count(*) = $2 as more from batch`

/** Deletes the last rows and adds the row that `destinationDeleted` reads, in one commit. */
const DELETE = `
with deleted as (
  delete from destination where id = $1 returning id, organization_id
)
insert into destination_deletion (id, organization_id, deleted_at)
select id, organization_id, service_now() from deleted
returning pg_notify('${CHANNELS.destinationDeleted}', '')`

/** Stops new deliveries during the deletion. The audit log shows it, in case the deletion is interrupted. */
async function deselectEvents(
  ports: { tx: Sql; newId: NewId },
  target: DestinationTarget,
  before: LockedDestination,
): Promise<void> {
  await ports.tx.query(
    `update destination set status = 'INACTIVE', events = '{}', disabled_at = null where id = $1`,
    [target.id],
  )
  const { events, name, status } = before
  if (status !== 'INACTIVE') {
    const changes = [{ setting: 'status', before: status, after: 'INACTIVE' }]
    await writeAuditEntry(ports, target, { action: 'DEACTIVATED', name, changes })
  }
  if (events.length > 0) {
    const changes = changesOf(before, { ...before, events: [] })
    const change = { action: 'SETTINGS_CHANGED', name, changed: ['events'], changes } as const
    await writeAuditEntry(ports, target, change)
  }
}
