import type { Clock } from '../concurrency/clock.ts'
import { CHANNELS } from '../storage/channels.ts'
import type { Database } from '../storage/database.ts'
import type { Listener } from '../storage/listener.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { DestinationFeed, ToldDestination } from './feed.ts'
import {
  createFeedTail,
  type FeedEntry,
  type FeedPosition,
  type FeedSource,
  type FeedTail,
  isAfter,
  type RunningFeed,
} from './feed-tail.ts'
import { iterate, type Subscription } from './subscription.ts'

type Ports = { db: Database; listener: Listener; clock: Clock; log: Logger }
type Entry = FeedEntry<ToldDestination>
type Read = FeedSource<ToldDestination>['read']

/** A table that tells of destinations by their ids. */
interface DestinationLog {
  /** Channel of NOTIFY that says "look". */
  channel: string
  table: string
  /** Its column with the transaction that wrote a row. */
  writtenIn: string
}

/** A destination stands where its last change put it, so several changes between two looks are one row. */
export const CHANGES: DestinationLog = {
  channel: CHANNELS.destinationChanged,
  table: 'destination',
  writtenIn: 'changed_in',
}

export const DELETIONS: DestinationLog = {
  channel: CHANNELS.destinationDeleted,
  table: 'destination_deletion',
  writtenIn: 'deleted_in',
}

/** Milliseconds in which changes of one destination become one: enough for results that end together. */
const SETTLE = 20

/** Ids that wait in memory for one subscriber. One that falls further behind reads on from the table. */
const QUEUE = 256

/** Rows read at a time for a subscriber that is behind. */
const PAGE = 500

export async function createDestinationFeed(
  ports: Ports,
  log: DestinationLog,
): Promise<DestinationFeed & RunningFeed> {
  const open = new Set<Subscription<ToldDestination>>()
  let closed = false
  const read: Read = (after, limit) => readLog(ports.db, log, { after, limit })
  const tail = await createFeedTail<ToldDestination>(ports, {
    channel: log.channel,
    settle: SETTLE,
    read,
  })
  return {
    subscribe(organizationId, id) {
      const wants = (row: ToldDestination) =>
        row.organizationId === organizationId && (id === null || row.id === id)
      const { next, end } = createSubscriber(tail, read, wants)
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

/** A subscriber waits with the ids that it is to be told, each once. */
function createSubscriber(
  tail: FeedTail<ToldDestination>,
  read: Read,
  wants: (row: ToldDestination) => boolean,
): Subscription<ToldDestination> {
  const waiting = new Map<string, ToldDestination>()
  /** What lies before is told or waits. The tail may still be on its way there. */
  let position: FeedPosition | null = null
  let behind = false
  let following: Promise<FeedPosition> | null = null
  let ended = false
  let arrived = Promise.withResolvers<void>()

  function hear({ position: place, row }: Entry): void {
    if (behind || !wants(row) || (position && !isAfter(place, position))) return
    if (waiting.size >= QUEUE && !waiting.has(row.id)) {
      behind = true
      return
    }
    waiting.set(row.id, row)
    position = place
    arrived.resolve()
  }

  /** Reads on, while what is new already waits again: once a page is not full, the two have no gap. */
  async function catchUp(from: FeedPosition): Promise<void> {
    behind = false
    const { entries } = await read(from, PAGE)
    if (entries.length === PAGE) {
      behind = true
      waiting.clear()
      position = from
    }
    for (const { row } of entries) if (wants(row)) waiting.set(row.id, row)
    const last = entries.at(-1)
    if (last && isAfter(last.position, position ?? from)) position = last.position
  }

  return {
    async next() {
      if (ended) return null
      following ??= tail.follow(hear)
      const start = await following
      position ??= start
      while (!ended) {
        const [next] = waiting.values()
        if (next) {
          waiting.delete(next.id)
          return next
        }
        if (behind) await catchUp(position)
        else {
          arrived = Promise.withResolvers()
          await arrived.promise
        }
      }
      return null
    },
    end() {
      ended = true
      tail.unfollow(hear)
      arrived.resolve()
    },
  }
}

async function readLog(
  db: Database,
  { table, writtenIn }: DestinationLog,
  { after, limit }: { after: FeedPosition; limit: number },
): ReturnType<Read> {
  const rows = await db.query<Partial<ToldDestination> & { transaction: string; held: boolean }>(
    `select held, told.*
    from (
      select exists (
        select from ${table} where ${writtenIn} >= feed_horizon()
      ) as held
    ) as state
    left join (
      select ${writtenIn}::text as transaction, id, organization_id as "organizationId"
      from ${table}
      where (${writtenIn}, id) > ($1::text::xid8, $2)
        and ${writtenIn} < feed_horizon()
      order by ${writtenIn}, id limit $3
    ) as told on true
    order by transaction::xid8, id`,
    [after.transaction, after.id, limit],
  )
  const entries = rows.flatMap(({ transaction, id, organizationId }) =>
    id && organizationId ? [{ position: { transaction, id }, row: { id, organizationId } }] : [],
  )
  return { entries, held: rows[0]?.held ?? false }
}
