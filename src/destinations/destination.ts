import { cancelingTransaction, cancelRemaining } from '../delivery/cancel.ts'
import type { Queue } from '../delivery/queue.ts'
import type { AddressPolicy } from '../domain/address.ts'
import {
  DESTINATION_LIMIT,
  type DestinationStatus,
  missingRequirements,
} from '../domain/destination.ts'
import { checkDestinationUrl } from '../domain/destination-url.ts'
import {
  DestinationLimitError,
  DestinationNotReadyError,
  NotFoundError,
  ValidationError,
} from '../domain/errors.ts'
import { catalogue, type EventName } from '../domain/events/index.ts'
import type { Issue } from '../domain/json.ts'
import { NAME_EXPECTED, parseName } from '../domain/name.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { SecretCipher } from '../storage/secret-encryption.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { type Actor, type Setting, writeAuditEntry } from './audit.ts'

type Ports = {
  db: Database
  queue: Queue
  secrets: SecretCipher
  newId: NewId
  newSecret: () => string
  addressPolicy: AddressPolicy
  metrics: Metrics
}

/** One destination as seen by one organization. */
export interface DestinationKey {
  organizationId: string
  id: string
}

/** One destination, and who does something with it that its audit log tells of. */
export interface DestinationTarget extends DestinationKey {
  actor: Actor
}

/** Settings to change. What is undefined stays; `url: null` takes the URL away. */
export interface DestinationSettings {
  name?: string | undefined
  url?: string | null | undefined
  events?: readonly EventName[] | undefined
}

/**
 * Makes an INACTIVE destination with a fresh secret.
 * @returns its id
 * @throws ValidationError, DestinationLimitError
 */
export async function createDestination(
  ports: Ports,
  { organizationId, actor }: { organizationId: string; actor: Actor },
  settings: DestinationSettings & { name: string },
): Promise<string> {
  const { name, url = null, events = [] } = checkSettings(ports, settings)
  const id = ports.newId('whk')
  await ports.db.transaction(async (tx) => {
    // The lock makes creations of one organization queue up, so that none slips past the limit.
    await tx.query('select from organization where id = $1 for no key update', [organizationId])
    const [row] = await tx.query<{ count: number }>(
      'select count(*)::int as count from destination where organization_id = $1',
      [organizationId],
    )
    if ((row?.count ?? 0) >= DESTINATION_LIMIT) throw new DestinationLimitError(DESTINATION_LIMIT)
    await tx.query(CREATE, [
      id,
      organizationId,
      name,
      url,
      events,
      ports.secrets.encrypt(ports.newSecret(), id),
      ports.newId('aud'),
      actor.apiKeyId,
      actor.userId,
    ])
  })
  return id
}

const CREATE = `
with destination as (
  insert into destination (id, organization_id, name, url, events) values ($1, $2, $3, $4, $5)
  returning id
), secret as (
  insert into signing_secret (destination_id, current) select id, $6 from destination
)
insert into audit_entry (id, destination_id, action, api_key_id, user_id, changed, created_at)
select $7, id, 'CREATED', $8, $9, '{}', job_now() from destination`

/**
 * Changes the settings given; those that stand like this already change nothing. The selection is stored in the
 * catalogue's order, without duplicates.
 * @throws NotFoundError, ValidationError, DestinationNotReadyError when an ACTIVE one would lack something
 */
export async function updateDestination(
  ports: Pick<Ports, 'db' | 'queue' | 'addressPolicy' | 'newId'>,
  target: DestinationTarget,
  settings: DestinationSettings,
): Promise<void> {
  const checked = checkSettings(ports, settings)
  await ports.db.transaction(async (tx) => {
    const before = await lockDestination(tx, target)
    const after = {
      name: checked.name ?? before.name,
      url: checked.url === undefined ? before.url : checked.url,
      events: checked.events ?? before.events,
    }
    const missing = missingRequirements(after)
    if (before.status === 'ACTIVE' && missing.length > 0) {
      throw new DestinationNotReadyError(missing, 'stay active')
    }
    const changed = differing(before, after)
    if (changed.length === 0) return
    await tx.query(
      'update destination set name = $2, url = $3, events = $4, updated_at = job_now() where id = $1',
      [target.id, after.name, after.url, after.events],
    )
    const deed = { action: 'SETTINGS_CHANGED', changed } as const
    await writeAuditEntry({ tx, newId: ports.newId }, target, deed)
    // What hangs at the old URL holds no room for the new one.
    if (changed.includes('url')) await ports.queue.wake(tx, [target.id], { urgent: true })
  })
}

/**
 * Starts sending, with the failure count at 0: attempts that began before do not count. An ACTIVE destination is left as it is.
 * @throws NotFoundError, DestinationNotReadyError
 */
export async function activateDestination(
  { db, queue, metrics, newId }: Pick<Ports, 'db' | 'queue' | 'metrics' | 'newId'>,
  target: DestinationTarget,
): Promise<void> {
  for (let more = true; more; ) {
    more = await cancelingTransaction({ db, metrics }, async (tx, cancelBatch) => {
      const destination = await lockDestination(tx, target)
      if (destination.status === 'ACTIVE') return false
      const missing = missingRequirements(destination)
      if (missing.length > 0) throw new DestinationNotReadyError(missing)
      // What waited before must have ended: activating does not bring it back.
      if (await cancelBatch([target.id])) return true
      await tx.query(
        `update destination set
          status = 'ACTIVE', activation = activation + 1, failure_count = 0, disabled_at = null,
          updated_at = job_now()
        where id = $1`,
        [target.id],
      )
      await writeAuditEntry({ tx, newId }, target, { action: 'ACTIVATED' })
      // What began under the activation before holds no room for what is published now.
      await queue.wake(tx, [target.id], { urgent: true })
      return false
    })
  }
}

/**
 * Stops sending; what still waits is CANCELED. An INACTIVE destination is left as it is.
 * @throws NotFoundError
 */
export async function deactivateDestination(
  { db, metrics, newId }: Pick<Ports, 'db' | 'metrics' | 'newId'>,
  target: DestinationTarget,
): Promise<void> {
  const more = await cancelingTransaction({ db, metrics }, async (tx, cancelBatch) => {
    const { status } = await lockDestination(tx, target)
    if (status === 'INACTIVE') return false
    await tx.query(
      `update destination set status = 'INACTIVE', disabled_at = null, updated_at = job_now()
      where id = $1`,
      [target.id],
    )
    await writeAuditEntry({ tx, newId }, target, { action: 'DEACTIVATED' })
    return cancelBatch([target.id])
  })
  if (more) await cancelRemaining({ db, metrics }, [target.id])
}

/** Deliveries deleted in one transaction, each with its attempts. */
const DELETED_PART = 5_000

/**
 * Deletes it for good, with its secret, its deliveries, their attempts and the events of its test sends.
 * One with a long history goes part by part, and takes nothing on meanwhile.
 * @throws NotFoundError
 */
export async function deleteDestination(
  { db, newId }: Pick<Ports, 'db' | 'newId'>,
  target: DestinationTarget,
): Promise<void> {
  for (let more = true; more; ) {
    more = await db.transaction(async (tx) => {
      // A statement of its own: what it waited for, such as a test send, is seen only by the next one.
      const before = await lockDestination(tx, target)
      const [part] = await tx.query<{ more: boolean }>(
        `with part as (
          select id, event_id, test from delivery where destination_id = $1 limit $2
        ), tests as (
          delete from event where id in (select event_id from part where test)
        ), deleted as (
          delete from delivery where id in (select id from part where not test)
        )
        select count(*) = $2 as more from part`,
        [target.id, DELETED_PART],
      )
      if (part?.more) await turnOff({ tx, newId }, target, before)
      else await tx.query(DELETE, [target.id])
      return part?.more ?? false
    })
  }
}

/** What tells of it goes with it into one commit. */
const DELETE = `
with deleted as (
  delete from destination where id = $1 returning id, organization_id
)
insert into destination_deletion (id, organization_id, deleted_at)
select id, organization_id, job_now() from deleted
returning pg_notify('destination_deleted', '')`

/** Lets a destination take nothing on while it is being deleted, and says so in case that is interrupted. */
async function turnOff(
  ports: { tx: Sql; newId: NewId },
  target: DestinationTarget,
  before: LockedDestination,
): Promise<void> {
  await ports.tx.query(
    `update destination set status = 'INACTIVE', events = '{}', disabled_at = null where id = $1`,
    [target.id],
  )
  if (before.status !== 'INACTIVE') {
    await writeAuditEntry(ports, target, { action: 'DEACTIVATED' })
  }
  if (before.events.length > 0) {
    await writeAuditEntry(ports, target, { action: 'SETTINGS_CHANGED', changed: ['events'] })
  }
}

interface LockedDestination {
  name: string
  url: string | null
  events: string[]
  status: DestinationStatus
}

/** Holds the destination until the transaction ends: changes, publications and results come one after another. */
export async function lockDestination(
  tx: Sql,
  { id, organizationId }: DestinationKey,
): Promise<LockedDestination> {
  const [row] = await tx.query<LockedDestination>(
    `select name, url, events, status from destination
    where id = $1 and organization_id = $2 for no key update`,
    [id, organizationId],
  )
  if (!row) throw new NotFoundError(id)
  return row
}

type Settings = Readonly<Record<Setting, unknown>>

/** A selection is stored in the catalogue's order: the same one is the same list. */
const differing = (before: Settings, after: Settings) =>
  (['name', 'url', 'events'] as const).filter(
    (setting) => JSON.stringify(before[setting]) !== JSON.stringify(after[setting]),
  )

function checkSettings<Settings extends DestinationSettings>(
  { addressPolicy }: Pick<Ports, 'addressPolicy'>,
  settings: Settings,
): Settings {
  const issues: Issue[] = []
  const checked = { ...settings }
  if (settings.name !== undefined) {
    const name = parseName(settings.name)
    if (name === null) issues.push({ path: ['name'], message: NAME_EXPECTED })
    else checked.name = name
  }
  if (typeof settings.url === 'string') {
    const result = checkDestinationUrl(settings.url, addressPolicy)
    if ('issue' in result) issues.push({ path: ['url'], message: result.issue })
    else checked.url = result.url
  }
  if (settings.events) {
    const chosen = new Set(settings.events)
    checked.events = catalogue.map(({ name }) => name).filter((name) => chosen.has(name))
  }
  if (issues.length > 0) throw new ValidationError(issues)
  return checked
}
