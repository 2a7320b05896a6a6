import type { Clock } from '../concurrency/clock.ts'
import type { DeliveryAttempt } from '../generated/prisma/client.ts'
import { CHANNELS } from '../storage/channels.ts'
import type { Database } from '../storage/database.ts'
import type { Listener } from '../storage/listener.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { ATTEMPT_COLUMNS } from './attempt-columns.ts'
import { findPosition, type RecordedAttempt } from './attempt-cursor.ts'
import { createFeed, type Feed, type RunningFeed } from './feed.ts'
import type { FeedEntry, FeedPosition } from './feed-tail.ts'

/** Restricts a subscription. Null means no restriction. */
export interface AttemptFeedFilter {
  organizationId: string
  destinationId: string | null
  /** Wire names. */
  eventTypes: readonly string[] | null
  statuses: readonly DeliveryAttempt['status'][] | null
}

/** Every attempt that any worker records, each once and in the order of commits. */
export interface AttemptFeed extends Pick<Feed<RecordedAttempt, AttemptFeedFilter>, 'subscribe'> {
  /**
   * Returns the position after an attempt.
   * @param after an attempt's id or cursor
   * @throws UnknownAttemptError if it is no position of the organization
   */
  positionAfter(organizationId: string, after: string): Promise<FeedPosition>
}

type Ports = Parameters<typeof findPosition>[0] & {
  listener: Listener
  clock: Clock
  metrics: Metrics
  log: Logger
}
type Entry = FeedEntry<RecordedAttempt>
type Range = { after: FeedPosition; limit: number }

export async function createAttemptFeed(ports: Ports): Promise<AttemptFeed & RunningFeed> {
  const { clock, db, metrics } = ports
  const feed = await createFeed<RecordedAttempt, AttemptFeedFilter>(ports, {
    channel: CHANNELS.attemptRecorded,
    settleMs: 0,
    pageSize: 200,
    // An event can be erased while its attempts are queued.
    maxQueueMs: 5_000,
    matches,
    read: async (after, limit) => {
      const result = await readNew(db, { after, limit })
      const now = clock.now()
      for (const { row } of result.entries) {
        metrics.streamed(now - row.attemptedAt.getTime() - row.durationMs)
      }
      return result
    },
    readSince: (filter, range) => readSince(db, filter, range),
  })
  return {
    ...feed,
    positionAfter: (organizationId, after) => findPosition(ports, organizationId, after),
  }
}

const matches = (
  { organizationId, destinationId, eventTypes, statuses }: AttemptFeedFilter,
  row: RecordedAttempt,
): boolean =>
  row.organizationId === organizationId &&
  (destinationId === null || row.destinationId === destinationId) &&
  (eventTypes === null || eventTypes.includes(row.eventType)) &&
  (statuses === null || statuses.includes(row.status))

const COLUMNS = `recorded_in::text as transaction, ${ATTEMPT_COLUMNS}`

const entryOf = (row: RecordedAttempt): Entry => ({
  position: { transaction: row.transaction, id: row.id },
  row,
})

async function readNew(
  db: Database,
  { after, limit }: Range,
): Promise<{ entries: Entry[]; held: boolean }> {
  const rows = await db.query<RecordedAttempt & { held: boolean }>(
    `select held, attempt.*
    from (
      select exists (
        select from delivery_attempt
        where recorded_in >= feed_horizon()
      ) as held
    ) as state
    left join (
      select ${COLUMNS} from delivery_attempt
      where (recorded_in, id) > ($1::text::xid8, $2)
        and recorded_in < feed_horizon()
      order by recorded_in, delivery_attempt.id limit $3
    ) as attempt on true
    order by transaction::xid8, id`,
    [after.transaction, after.id, limit],
  )
  const entries = rows.flatMap(({ held: _, ...row }) => (row.id === null ? [] : [entryOf(row)]))
  return { entries, held: rows[0]?.held ?? false }
}

async function readSince(
  db: Database,
  filter: AttemptFeedFilter,
  { after, limit }: Range,
): Promise<Entry[]> {
  const rows = await db.query<RecordedAttempt>(
    `select ${COLUMNS} from delivery_attempt
    where organization_id = $1
      and (recorded_in, id) > ($2::text::xid8, $3)
      and recorded_in < feed_horizon()
      and ($4::text is null or destination_id = $4)
      and ($5::text[] is null or event_type = any($5))
      and ($6::attempt_status[] is null or status = any($6))
    order by recorded_in, id limit $7`,
    [
      filter.organizationId,
      after.transaction,
      after.id,
      filter.destinationId,
      filter.eventTypes,
      filter.statuses,
      limit,
    ],
  )
  return rows.map(entryOf)
}
