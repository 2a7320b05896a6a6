import { setTimeout as pause } from 'node:timers/promises'
import { newId } from '../../src/adapters/ids.ts'
import type { App } from '../../src/app.ts'
import type { GraphqlClient } from '../../src/cli/graphql-client.ts'
import { catalogue, enumName } from '../../src/domain/events/index.ts'
import type { EventType } from '../../src/generated/graphql/graphql.ts'
import {
  inactiveDestination,
  readDestination,
  UpdateDestination,
} from '../helpers/destination-operations.ts'
import { activeDestination, PublishEvent } from '../helpers/operations.ts'
import type { Answer, Receiver } from '../helpers/receiver.ts'

/** Destinations in every state, with a history: what the pages are looked at with. */
export interface Scenery {
  /** ACTIVE, with a busy hour behind it. */
  busy: string
  /** ACTIVE, with retries to come. */
  struggling: string
  /** DISABLED by 15 failures. */
  disabled: string
  /** INACTIVE, with nothing set but its name. */
  fresh: string
}

export const EVENTS = catalogue.map(({ name }) => enumName(name))

/** The example that the catalogue has of an event. */
const exampleOf = (type: EventType) =>
  catalogue.find(({ name }) => enumName(name) === type)!.example

const UNAVAILABLE: Answer = {
  status: 503,
  headers: { 'content-type': 'application/json' },
  body: '{"error":"Down for maintenance, back at 14:00"}',
}

export async function buildScenery(
  { app, client }: { app: App; client: GraphqlClient },
  { good, bad }: { good: Receiver; bad: Receiver },
): Promise<Scenery> {
  bad.answerWith(UNAVAILABLE)
  const fresh = await inactiveDestination(client)
  await client.request(UpdateDestination, { id: fresh, input: { name: 'Staging' } })
  const disabled = await activeDestination(client, {
    name: 'Slack alerts',
    url: bad.url,
    events: ['SIGNAL_ACTION'],
  })
  await publishMany(client, 'SIGNAL_ACTION', 15)
  await until(async () => (await readDestination(client, disabled.id)).status === 'DISABLED')
  const struggling = await activeDestination(client, {
    name: 'Data warehouse',
    url: bad.url,
    events: ['DOCUMENT_GENERATED', 'DOCUMENT_UPDATED'],
  })
  const busy = await activeDestination(client, { name: 'Our CRM', url: good.url, events: EVENTS })
  for (const type of EVENTS) await publishExample(client, type)
  await until(async () => (await readDestination(client, struggling.id)).failureCount > 1)
  await addHistory(app, busy.id)
  // Nothing waits to be sent there: they are only looked at.
  await rename(app, busy.id, 'https://crm.example.com/webhooks/bigmind')
  await rename(app, disabled.id, 'https://alerts.example.com/hooks/bigmind')
  return { busy: busy.id, struggling: struggling.id, disabled: disabled.id, fresh }
}

async function publishMany(client: GraphqlClient, type: EventType, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => publishExample(client, type)))
}

/** Publishes the catalogue's example of an event. @returns the event's id */
export async function publishExample(client: GraphqlClient, type: EventType): Promise<string> {
  const { data } = exampleOf(type)
  const { eventPublish } = await client.request(PublishEvent, { input: { event: type, data } })
  if (eventPublish.__typename !== 'EventPublished') throw new Error(eventPublish.message)
  return eventPublish.event.id
}

async function rename({ ports: { db } }: App, id: string, url: string): Promise<void> {
  await db.query('update destination set url = $2 where id = $1', [id, url])
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(20)
}

/** An hour of attempts, with a quarter of an hour in which the receiver was in trouble. */
async function addHistory({ ports: { db, lowestId } }: App, destinationId: string): Promise<void> {
  const minutes = Array.from({ length: 58 }, (_, index) => 59 - index)
  const attempts = minutes.flatMap((minute) => {
    const troubled = minute > 20 && minute < 34
    const count = 6 + Math.round(4 * Math.sin(minute / 5)) + ((minute * 7) % 5)
    return Array.from({ length: count }, (_, place) => ({
      at: new Date(Date.now() - minute * 60_000 + place * 1_000),
      failed: troubled && place % 3 !== 0,
    }))
  })
  // Ids begin with their time.
  const idsOf = (prefix: 'att' | 'dlv') =>
    attempts.map(({ at }) => lowestId(prefix, at).slice(0, 14) + newId(prefix).slice(14))
  await db.query(
    `with past as (
      select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::bool[]) with ordinality
        as past (id, delivery_id, at, failed, place)
    ), delivered as (
      insert into delivery (id, event_id, destination_id, status, attempt_count, created_at, completed_at)
      select past.delivery_id, event_id, $5, (case when failed then 'FAILED' else 'SUCCEEDED' end)::delivery_status,
        1, at, at
      from past, (select event_id from delivery where destination_id = $5 limit 1) as told
    )
    insert into delivery_attempt (
      id, delivery_id, destination_id, organization_id, event_type, number, status, attempted_at, duration_ms,
      response_code
    )
    select past.id, delivery_id, $5, organization_id, 'todo_created', 1,
      (case when failed then 'FAILED' else 'SUCCEEDED' end)::attempt_status, at, 40 + place % 90,
      case when failed then 503 else 200 end
    from past, destination where destination.id = $5`,
    [
      idsOf('att'),
      idsOf('dlv'),
      attempts.map(({ at }) => at),
      attempts.map(({ failed }) => failed),
      destinationId,
    ],
  )
}
