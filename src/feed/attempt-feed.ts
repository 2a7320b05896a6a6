import type { Clock } from '../concurrency/clock.ts'
import { CHANNELS } from '../storage/channels.ts'
import type { Database } from '../storage/database.ts'
import type { Listener } from '../storage/listener.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { ATTEMPT_COLUMNS } from './attempt-columns.ts'
import { findPosition } from './attempt-cursor.ts'
import type { AttemptFeed, AttemptFeedFilter, RecordedAttempt } from './feed.ts'
import {
  createFeedTail,
  type FeedEntry,
  type FeedPosition,
  type FeedTail,
  isAfter,
  type RunningFeed,
} from './feed-tail.ts'
import { iterate, type Subscription } from './subscription.ts'

type Ports = Parameters<typeof findPosition>[0] & {
  listener: Listener
  clock: Clock
  metrics: Metrics
  log: Logger
}
type Entry = FeedEntry<RecordedAttempt>

/** Rows that wait in memory for one subscriber. One that falls further behind is served from the table. */
const QUEUE = 256

/** Milliseconds that a row may wait there. After that it is read again: what was answered may be erased meanwhile. */
const FRESH_FOR = 5_000

/** Rows read at a time for a subscriber that is behind. */
const PAGE = 200

/** The table is the log: the tail reads what is new, and subscribers that are behind read the rest themselves. */
export async function createAttemptFeed(ports: Ports): Promise<AttemptFeed & RunningFeed> {
  const { clock, metrics } = ports
  const open = new Set<Subscription<RecordedAttempt>>()
  let closed = false
  const tail = await createFeedTail<RecordedAttempt>(ports, {
    channel: CHANNELS.attemptRecorded,
    settle: 0,
    read: async (after, limit) => {
      const look = await readNew(ports.db, after, limit)
      const now = clock.now()
      for (const { row } of look.entries) {
        metrics.streamed(now - row.attemptedAt.getTime() - row.durationMs)
      }
      return look
    },
  })
  return {
    subscribe(filter, after) {
      const { next, end } = createSubscriber({ ...ports, tail }, filter, after)
      const subscriber = {
        next,
        end() {
          end()
          open.delete(subscriber)
        },
      }
      if (closed) end()
      else open.add(subscriber)
      return iterate(subscriber)
    },
    subscribers: () => open.size,
    alive: tail.alive,
    async close() {
      closed = true
      for (const subscriber of open) subscriber.end()
      await tail.close()
    },
  }
}

function createSubscriber(
  ports: Ports & { tail: FeedTail<RecordedAttempt> },
  filter: AttemptFeedFilter,
  after: string | null,
): Subscription<RecordedAttempt> {
  const { db, clock, tail } = ports
  let queue: (Entry & { since: number })[] = []
  let position: FeedPosition | null = null
  /** The last row that was read from the table: the tail may still be on its way there. */
  let read: FeedPosition | null = null
  let behind = false
  let ended = false
  let arrived = Promise.withResolvers<void>()
  const wants = matcher(filter)

  function hear(entry: Entry): void {
    if (behind || (read && !isAfter(entry.position, read))) return
    if (!wants(entry.row)) {
      // A look into the table begins here then, and does not pass again what the filter leaves out.
      if (position && queue.length === 0) position = entry.position
      return
    }
    read = null
    if (queue.length >= QUEUE) {
      behind = true
      return
    }
    queue.push({ ...entry, since: clock.now() })
    arrived.resolve()
  }

  /** Leaves nothing behind when the subscription ends on the way. */
  async function start(): Promise<FeedPosition | null> {
    if (after === null) return tail.follow(hear)
    const from = await findPosition(ports, filter.organizationId, after)
    if (ended) return null
    behind = true
    await tail.follow(hear)
    return from
  }

  /**
   * Reads on from the last row that was handed out, while what is new already queues up again: once a page
   * is not full, page and queue together have no gap. What stands in both is dropped from the queue, or
   * when the tail, which may lag behind the page, comes to it.
   */
  async function catchUp(from: FeedPosition): Promise<void> {
    queue = []
    read = null
    behind = false
    const page = await readSince(db, filter, { after: from, limit: PAGE })
    if (page.length === PAGE) behind = true
    const last = page.at(-1)?.position ?? from
    const fresh = behind ? [] : queue.filter((entry) => isAfter(entry.position, last))
    if (fresh.length === 0) read = last
    const since = clock.now()
    queue = [...page.map((entry) => ({ ...entry, since })), ...fresh]
  }

  return {
    async next() {
      if (!position && !ended) position = await start()
      while (!ended && position) {
        const entry = queue.shift()
        const stale = entry && clock.now() - entry.since > FRESH_FOR
        if (entry && !stale) {
          position = entry.position
          return entry.row
        }
        if (behind || stale) await catchUp(position)
        else {
          arrived = Promise.withResolvers()
          await arrived.promise
        }
      }
      return null
    },
    end() {
      ended = true
      queue = []
      tail.unfollow(hear)
      arrived.resolve()
    },
  }
}

function matcher(filter: AttemptFeedFilter): (row: RecordedAttempt) => boolean {
  const { organizationId, destinationId, eventTypes, statuses } = filter
  return (row) =>
    row.organizationId === organizationId &&
    (destinationId === null || row.destinationId === destinationId) &&
    (eventTypes === null || eventTypes.includes(row.eventType)) &&
    (statuses === null || statuses.includes(row.status))
}

// ---------------------------------------------------------------- the table

const COLUMNS = `recorded_in::text as transaction, ${ATTEMPT_COLUMNS}`

const asEntry = (row: RecordedAttempt): Entry => ({
  position: { transaction: row.transaction, id: row.id },
  row,
})

async function readNew(
  db: Database,
  after: FeedPosition,
  limit: number,
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
  const entries = rows.flatMap(({ held: _, ...row }) => (row.id === null ? [] : [asEntry(row)]))
  return { entries, held: rows[0]?.held ?? false }
}

async function readSince(
  db: Database,
  filter: AttemptFeedFilter,
  { after, limit }: { after: FeedPosition; limit: number },
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
  return rows.map(asEntry)
}
