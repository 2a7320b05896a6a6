import { type Clock, systemClock } from '../../src/concurrency/clock.ts'
import { SCOPES, type Scope } from '../../src/domain/api-key.ts'
import { organizationKey } from '../helpers/organization-key.ts'
import type { World } from '../helpers/world.ts'
import { EVENTS } from './examples.ts'
import { historyOf, URLS } from './scenery-history.ts'
import { idOf, insert, minutesAgo, NOW } from './scenery-rows.ts'

/** The API keys that pages are opened with. */
export interface Scenery {
  /** Has every scope, in the organization with the destinations. */
  owner: string
  /** Has every scope, in an organization without destinations. */
  newcomer: string
  /** Has no scope. */
  stranger: string
}

/** Destinations in every state, by name. The ids are the same in every run, because pages and addresses show them. */
export const DESTINATIONS = {
  /** ACTIVE, with many attempts in the last hour. */
  busy: idOf('whk', minutesAgo(40_000), 1),
  /** ACTIVE, with a delivery that is retried. */
  struggling: idOf('whk', minutesAgo(30_000), 2),
  /** DISABLED by 15 failures of every kind. */
  disabled: idOf('whk', minutesAgo(20_000), 3),
  /** INACTIVE, with a name and a URL that are truncated, and two signing secrets. */
  long: idOf('whk', minutesAgo(9_000), 4),
  /** INACTIVE, with only a name. */
  fresh: idOf('whk', minutesAgo(3), 5),
}

/** The clock of the service, which is stopped at the time of the pictures. */
export const STILL: Clock = { ...systemClock, now: () => NOW.getTime() }

const ORGANIZATION = idOf('org', minutesAgo(50_000), 1)

/** Writes the scenery into the database of a world without a worker, whose clock is `STILL`. */
export async function buildScenery({ app }: World): Promise<Scenery> {
  const { db, secrets } = app.ports
  await insert(db, 'organization', [{ id: ORGANIZATION, name: 'Northwind' }])
  const keyOf = (organization: string, name: string, scopes: readonly Scope[] = SCOPES) =>
    organizationKey(app, organization, { name, scopes })
  const owner = await keyOf(ORGANIZATION, 'Sales operations')
  const stranger = await keyOf(ORGANIZATION, 'Status page', [])
  const newcomer = await keyOf('Newcomer', 'First key')
  await insert(db, 'destination', destinations())
  await insert(
    db,
    'signing_secret',
    Object.values(DESTINATIONS).map((id) => ({
      destination_id: id,
      current: secrets.encrypt(`wsec_k7${'Qx3'.repeat(11)}`, id),
      created_at: minutesAgo(3),
      previous: id === DESTINATIONS.long ? secrets.encrypt(`wsec_m2${'Tz8'.repeat(11)}`, id) : null,
      // After the end of any run, because the clock of the database decides what has expired.
      previous_expires_at: id === DESTINATIONS.long ? new Date('2126-01-16T10:30:00Z') : null,
    })),
  )
  const [key] = await db.query<{ id: string }>(
    `select id from api_key where name = 'Sales operations'`,
  )
  await insert(db, 'audit_entry', auditLog(key!.id))
  const { events, deliveries, attempts } = historyOf(ORGANIZATION, DESTINATIONS)
  await insert(db, 'event', events)
  await insert(db, 'delivery', deliveries)
  await insert(db, 'delivery_attempt', attempts)
  return { owner, newcomer, stranger }
}

const WIRE_NAMES = EVENTS.map((event) => event.toLowerCase())

function destinations() {
  const row = (id: string, rest: object) => ({
    id,
    organization_id: ORGANIZATION,
    name: '',
    url: null as string | null,
    events: [] as string[],
    status: 'ACTIVE',
    disabled_at: null as Date | null,
    failure_count: 0,
    created_at: minutesAgo(20_000),
    updated_at: minutesAgo(3),
    ...rest,
  })
  return [
    row(DESTINATIONS.busy, {
      name: 'Our CRM',
      url: URLS.busy,
      events: WIRE_NAMES,
    }),
    row(DESTINATIONS.struggling, {
      name: 'Data warehouse',
      url: URLS.struggling,
      events: ['document_generated', 'document_updated'],
      failure_count: 9,
    }),
    row(DESTINATIONS.disabled, {
      name: 'Slack alerts',
      url: URLS.disabled,
      events: ['signal_action'],
      status: 'DISABLED',
      disabled_at: minutesAgo(21),
      failure_count: 15,
    }),
    row(DESTINATIONS.long, {
      name: 'Synchronisation of all meetings of the European sales organisation with the archive of the legal department',
      url: `https://integration.eu-central.archive.legal.example.com/webhooks/${'meetings/'.repeat(9)}bigmind`,
      events: ['todo_created', 'todo_updated', 'summary_created'],
      status: 'INACTIVE',
    }),
    row(DESTINATIONS.fresh, { name: 'Staging', status: 'INACTIVE' }),
  ]
}

function auditLog(key: string) {
  const steps = [
    ['CREATED', [], key, null],
    ['SETTINGS_CHANGED', ['url', 'events'], key, null],
    ['ACTIVATED', [], key, null],
    ['SECRET_REVEALED', [], null, 'ada@northwind.example'],
    ['SETTINGS_CHANGED', ['name'], null, 'ada@northwind.example'],
  ] as const
  const { disabled, fresh } = DESTINATIONS
  const entries = Object.values(DESTINATIONS).flatMap((id) =>
    (id === fresh ? steps.slice(0, 1) : steps).map((step, place) => ({ id, step, place })),
  )
  return [
    ...entries.map(({ id, step: [action, changed, apiKey, user], place }, number) => ({
      id: idOf('aud', minutesAgo(300 - 50 * place), number),
      destination_id: id,
      action,
      changed,
      api_key_id: apiKey,
      user_id: user,
      created_at: id === fresh ? minutesAgo(3) : minutesAgo(300 - 50 * place),
    })),
    {
      id: idOf('aud', minutesAgo(21), 99),
      destination_id: disabled,
      action: 'DISABLED',
      changed: [],
      api_key_id: null,
      user_id: null,
      created_at: minutesAgo(21),
    },
  ]
}
