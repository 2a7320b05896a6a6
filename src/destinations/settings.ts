import { type Actor, appendToAuditLog } from '../audit/append.ts'
import type { Queue } from '../delivery/queue.ts'
import type { AddressPolicy } from '../domain/address.ts'
import { DESTINATION_LIMIT, missingRequirements } from '../domain/destination.ts'
import { checkDestinationUrl } from '../domain/destination-url.ts'
import {
  DestinationLimitError,
  DestinationNotReadyError,
  ValidationError,
} from '../domain/errors.ts'
import { catalogue, type EventName, enumName, isEventName } from '../domain/events/index.ts'
import type { Issue } from '../domain/json.ts'
import { NAME_EXPECTED, parseName } from '../domain/name.ts'
import { INSERT_AUDIT_ENTRIES } from '../storage/audit-entry.ts'
import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { SecretCipher } from '../storage/secret-encryption.ts'
import { type Setting, writeAuditEntry } from './audit.ts'
import { type DestinationTarget, lockDestination } from './destination.ts'

type Ports = {
  db: Database
  queue: Queue
  secrets: SecretCipher
  newId: NewId
  newSecret: () => string
  addressPolicy: AddressPolicy
}

/** The settings to change. Undefined leaves a setting as it is; `url: null` removes the URL. */
export interface DestinationSettings {
  name?: string | undefined
  url?: string | null | undefined
  events?: readonly EventName[] | undefined
}

/**
 * Creates an INACTIVE destination with a new signing secret.
 * @returns its id
 * @throws ValidationError, DestinationLimitError
 */
export async function createDestination(
  ports: Pick<Ports, 'db' | 'secrets' | 'newId' | 'newSecret' | 'addressPolicy'>,
  { organizationId, actor }: { organizationId: string; actor: Actor },
  settings: DestinationSettings & { name: string },
): Promise<string> {
  const { name, url = null, events = [] } = parseSettings(ports, settings)
  const id = ports.newId('whk')
  await ports.db.transaction(async (tx) => {
    await enforceDestinationLimit(tx, organizationId)
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
    const before = { name: null, url: null, events: [] }
    const changes = changesOf(before, { name, url, events })
    const entry = { action: 'DESTINATION_CREATED', subject: { id, name }, changes } as const
    await appendToAuditLog({ tx, newId: ports.newId }, { organizationId, actor }, [entry])
  })
  return id
}

/** Locks the organization, so that concurrent creations cannot exceed the limit. */
async function enforceDestinationLimit(tx: Sql, organizationId: string): Promise<void> {
  await tx.query('select from organization where id = $1 for no key update', [organizationId])
  const [row] = await tx.query<{ count: number }>(
    'select count(*)::int as count from destination where organization_id = $1',
    [organizationId],
  )
  if ((row?.count ?? 0) >= DESTINATION_LIMIT) throw new DestinationLimitError(DESTINATION_LIMIT)
}

const CREATE = `
with created as (
  insert into destination (id, organization_id, name, url, events) values ($1, $2, $3, $4, $5)
  returning id
), secret as (
  insert into signing_secret (destination_id, current) select id, $6 from created
), entry as (
  select $7::text as id, id as destination_id, 'CREATED' as action, $8::text as api_key_id,
    $9::text as user_id, '{}'::text[] as changed
  from created
)
${INSERT_AUDIT_ENTRIES}`

/**
 * Changes the given settings; equal values change nothing. Events are stored in the order of the catalogue, without
 * duplicates.
 * @throws NotFoundError, ValidationError, DestinationNotReadyError when an ACTIVE destination would lack a requirement
 */
export async function updateDestination(
  ports: Pick<Ports, 'db' | 'queue' | 'addressPolicy' | 'newId'>,
  target: DestinationTarget,
  settings: DestinationSettings,
): Promise<void> {
  const parsed = parseSettings(ports, settings)
  await ports.db.transaction(async (tx) => {
    const before = await lockDestination(tx, target)
    const after = {
      name: parsed.name ?? before.name,
      url: parsed.url === undefined ? before.url : parsed.url,
      events: parsed.events ?? before.events,
    }
    const missing = missingRequirements(after)
    if (before.status === 'ACTIVE' && missing.length > 0) {
      throw new DestinationNotReadyError(missing, 'stay active')
    }
    const changes = changesOf(before, after)
    const changed = changes.map(({ setting }) => setting)
    if (changed.length === 0) return
    await tx.query(
      'update destination set name = $2, url = $3, events = $4, updated_at = service_now() where id = $1',
      [target.id, after.name, after.url, after.events],
    )
    // Requests in flight to the old URL no longer count towards the concurrency limit.
    if (changed.includes('url'))
      await ports.queue.wake(
        tx,
        [{ destinationId: target.id, organizationId: target.organizationId }],
        { urgent: true },
      )
    const change = { action: 'SETTINGS_CHANGED', name: after.name, changed, changes } as const
    await writeAuditEntry({ tx, newId: ports.newId }, target, change)
  })
}

interface SettingValues {
  name: string | null
  url: string | null
  events: readonly string[]
}

/** Returns the settings that differ. Both lists of events are in the order of the catalogue. */
export function changesOf(before: SettingValues, after: SettingValues) {
  const shown = ({ events, name, url }: SettingValues) => ({
    name,
    url,
    events: events.filter(isEventName).map(enumName),
  })
  const [old, changed] = [shown(before), shown(after)]
  return (['name', 'url', 'events'] as const satisfies Setting[])
    .map((setting) => ({ setting, before: old[setting], after: changed[setting] }))
    .filter((one) => JSON.stringify(one.before) !== JSON.stringify(one.after))
}

/** @throws ValidationError with all issues */
function parseSettings<Settings extends DestinationSettings>(
  { addressPolicy }: Pick<Ports, 'addressPolicy'>,
  settings: Settings,
): Settings {
  const issues: Issue[] = []
  const parsed = { ...settings }
  if (settings.name !== undefined) {
    const name = parseName(settings.name)
    if (name === null) issues.push({ path: ['name'], message: NAME_EXPECTED })
    else parsed.name = name
  }
  if (typeof settings.url === 'string') {
    const result = checkDestinationUrl(settings.url, addressPolicy)
    if ('issue' in result) issues.push({ path: ['url'], message: result.issue })
    else parsed.url = result.url
  }
  if (settings.events) {
    const selected = new Set(settings.events)
    parsed.events = catalogue.map(({ name }) => name).filter((name) => selected.has(name))
  }
  if (issues.length > 0) throw new ValidationError(issues)
  return parsed
}
