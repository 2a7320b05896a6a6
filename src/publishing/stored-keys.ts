import { isRepeat } from '../domain/idempotency.ts'
import type { Sql } from '../storage/database.ts'
import { defineRowSet } from '../storage/row-set.ts'
import type { NewEvent } from './event-store.ts'

/** The first event under an idempotency key. */
export interface KeyedEvent {
  id: string
  fingerprint: Buffer | null
  /** The stored data; null when no event of the group can differ from it only in the order of members. */
  data: string | null
  /** Whether its content was erased, and the fingerprint with it: every later event under the key is a repeat. */
  erased: boolean
}

/** The first event under each key, by organization and key. */
export type KeyedEvents = Map<string, KeyedEvent>

type Key = { organizationId: string; idempotencyKey: string | null }

const nameOf = ({ organizationId, idempotencyKey }: Key) => `${organizationId} ${idempotencyKey}`

/** Returns the first event under the key of `event`; null when there is none, or no key. */
export const firstUnderKey = (known: KeyedEvents, event: NewEvent): KeyedEvent | null =>
  event.idempotencyKey === null ? null : (known.get(nameOf(event)) ?? null)

/** Adds an event that is about to be stored as the first one under its key. */
export function rememberKey(known: KeyedEvents, event: NewEvent): void {
  if (event.idempotencyKey !== null) known.set(nameOf(event), { ...event, erased: false })
}

/** Whether an event is known to be a repeat of the first one under its key. */
export const isKnownRepeat = (first: KeyedEvent, event: NewEvent) =>
  first.erased || isRepeat(first, event)

const KEYS = defineRowSet<Key>('key', {
  organization_id: ['text', ({ organizationId }) => organizationId],
  idempotency_key: ['text', ({ idempotencyKey }) => idempotencyKey],
})

const FIND = `
select id, fingerprint, null as data, erased_at is not null as erased,
  organization_id as "organizationId", idempotency_key as "idempotencyKey"
from event
where (organization_id, idempotency_key) in (select * from ${KEYS.sql})`

/** Reads the stored events under the idempotency keys of `events`. One query; none when no event has a key. */
export async function findKeyedEvents(tx: Sql, events: readonly NewEvent[]): Promise<KeyedEvents> {
  const keyed = events.filter(({ idempotencyKey }) => idempotencyKey !== null)
  if (keyed.length === 0) return new Map()
  const rows = await tx.query<KeyedEvent & Key>(FIND, KEYS.values(keyed))
  const known = new Map(rows.map((row) => [nameOf(row), row]))
  await readDataToCompare(tx, known, keyed)
  return known
}

interface Comparison {
  first: KeyedEvent
  event: NewEvent
}

const COMPARISONS = defineRowSet<Comparison>('comparison', {
  id: ['text', ({ first }) => first.id],
  bytes: ['int', ({ event }) => Buffer.byteLength(event.data)],
})

const READ_DATA = `
select event.id, event.data
from ${COMPARISONS.sql}
join event on event.id = comparison.id and octet_length(event.data) = comparison.bytes`

/**
 * Reads the stored data of events whose fingerprint differs from that of the new event, which may still be a repeat with
 * its members in another order. Both have the same length then, so no more is read than was sent. No query otherwise.
 */
async function readDataToCompare(
  tx: Sql,
  known: ReadonlyMap<string, KeyedEvent>,
  events: readonly NewEvent[],
): Promise<void> {
  const comparisons = events.flatMap((event) => {
    const first = known.get(nameOf(event))
    return first && !isKnownRepeat(first, event) ? [{ first, event }] : []
  })
  if (comparisons.length === 0) return
  const rows = await tx.query<{ id: string; data: string }>(
    READ_DATA,
    COMPARISONS.values(comparisons),
  )
  const data = new Map(rows.map((row) => [row.id, row.data]))
  for (const { first } of comparisons) first.data = data.get(first.id) ?? null
}
