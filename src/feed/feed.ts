import type { Clock } from '../concurrency/clock.ts'
import { mapStream, type Stream } from '../concurrency/stream.ts'
import type { Database } from '../storage/database.ts'
import type { Listener } from '../storage/listener.ts'
import type { Logger } from '../telemetry/logger.ts'
import {
  createFeedTail,
  type FeedEntry,
  type FeedPosition,
  type FeedSource,
  type FeedTail,
  isAfter,
} from './feed-tail.ts'

/** A feed as the process manages it. */
export interface RunningFeed {
  /** Returns the number of open subscriptions. */
  subscribers(): number
  /** See `FeedTail`. */
  alive(): boolean
  /** Ends all subscriptions and stops reading. */
  close(): Promise<void>
}

export interface Feed<Row, Filter> extends RunningFeed {
  /**
   * Returns a stream of the rows that match. Several rows of one id that wait together are emitted as one, the latest.
   * @param findStart returns the position after which to begin; null begins with new rows. Its error is thrown by the
   *   first `next`
   */
  subscribe(filter: Filter, findStart: (() => Promise<FeedPosition>) | null): Stream<Row>
}

/** How the rows of one table become a feed. */
export interface FeedDefinition<Row extends { id: string }, Filter> extends FeedSource<Row> {
  matches(filter: Filter): (row: Row) => boolean
  /** Reads up to `pageSize` rows after a position for one subscriber, in order. Rows that do not match are dropped. */
  readSince(
    filter: Filter,
    range: { after: FeedPosition; limit: number },
  ): Promise<FeedEntry<Row>[]>
  pageSize: number
  /**
   * Milliseconds after which a queued row is read again, because its content can change. Infinity where an id can have
   * several rows: these are queued out of order.
   */
  maxQueueMs: number
}

/** Rows queued in memory for one subscriber. A slower subscriber continues from the table. */
const QUEUE_SIZE = 256

type Ports = { db: Database; listener: Listener; clock: Clock; log: Logger }

/** Creates a feed: one tail reads new rows for all subscribers, and subscribers that fall behind read the table themselves. */
export async function createFeed<Row extends { id: string }, Filter>(
  ports: Ports,
  definition: FeedDefinition<Row, Filter>,
): Promise<Feed<Row, Filter>> {
  const open = new Set<Stream<Row>>()
  let isClosed = false
  const tail = await createFeedTail<Row>(ports, definition)
  return {
    subscribe(filter, findStart) {
      const subscriber = createSubscriber(
        { clock: ports.clock, tail, definition },
        filter,
        findStart,
      )
      const stream = mapStream(
        {
          next: subscriber.next,
          async return() {
            open.delete(stream)
            subscriber.end()
            return { value: undefined, done: true }
          },
        },
        (row: Row) => row,
      )
      if (isClosed) stream.end()
      else open.add(stream)
      return stream
    },
    subscribers: () => open.size,
    alive: tail.alive,
    async close() {
      isClosed = true
      for (const stream of open) stream.end()
      await tail.close()
    },
  }
}

interface SubscriberPorts<Row extends { id: string }, Filter> {
  clock: Clock
  tail: FeedTail<Row>
  definition: FeedDefinition<Row, Filter>
}

function createSubscriber<Row extends { id: string }, Filter>(
  { clock, tail, definition }: SubscriberPorts<Row, Filter>,
  filter: Filter,
  findStart: (() => Promise<FeedPosition>) | null,
) {
  const { maxQueueMs, pageSize, readSince } = definition
  const matches = definition.matches(filter)
  let queue = new Map<string, FeedEntry<Row> & { queuedAt: number }>()
  /** Every matching row up to here was returned. */
  let returnedTo: FeedPosition | null = null
  /** Every matching row up to here was returned or is queued. */
  let queuedTo: FeedPosition | null = null
  /** Whether the tail can still deliver rows up to `queuedTo`. */
  let isOverlapping = false
  let isReading = false
  /** Whether rows after `queuedTo` were dropped, and must be read from the table. */
  let isBehind = false
  let isEnded = false
  let arrival = Promise.withResolvers<void>()

  function enqueue({ position, row }: FeedEntry<Row>): void {
    if (isBehind) return
    if (isOverlapping && queuedTo && !isAfter(position, queuedTo)) return
    isOverlapping = false
    if (!matches(row)) {
      // A later read of the table begins here, and does not read again what the filter leaves out.
      if (returnedTo && queue.size === 0 && !isReading) returnedTo = queuedTo = position
      return
    }
    if (queue.size >= QUEUE_SIZE && !queue.has(row.id)) {
      isBehind = true
      return
    }
    queue.set(row.id, { position, row, queuedAt: clock.now() })
    queuedTo = position
    arrival.resolve()
  }

  async function start(): Promise<void> {
    const from = findStart && (await findStart())
    if (isEnded) return
    isBehind = from !== null
    const end = await tail.follow(enqueue)
    returnedTo = from ?? end
    queuedTo ??= returnedTo
  }

  /** Reads a page from the table while new rows are queued. If the page is not full, page and queue have no gap. */
  async function catchUp(from: FeedPosition): Promise<void> {
    queue.clear()
    returnedTo = queuedTo = from
    isBehind = false
    isOverlapping = true
    isReading = true
    const page = await readSince(filter, { after: from, limit: pageSize }).finally(() => {
      isReading = false
    })
    const last = page.at(-1)?.position ?? from
    const isFull = page.length === pageSize
    const newer = isFull
      ? []
      : [...queue.values()].filter(({ position }) => isAfter(position, last))
    const queuedAt = clock.now()
    queue = new Map(
      page
        .filter(({ row }) => matches(row))
        .map((entry) => [entry.row.id, { ...entry, queuedAt }] as const),
    )
    for (const entry of newer) queue.set(entry.row.id, entry)
    if (isFull) isBehind = true
    if (isFull || isAfter(last, queuedTo)) queuedTo = last
    isOverlapping = true
  }

  async function next(): Promise<IteratorResult<Row>> {
    if (!returnedTo && !isEnded) await start()
    while (!isEnded && returnedTo && queuedTo) {
      const [entry] = queue.values()
      const isStale = entry !== undefined && clock.now() - entry.queuedAt > maxQueueMs
      if (entry && !isStale) {
        queue.delete(entry.row.id)
        returnedTo = entry.position
        return { value: entry.row, done: false }
      }
      if (isStale || isBehind) await catchUp(isStale ? returnedTo : queuedTo)
      else {
        arrival = Promise.withResolvers()
        await arrival.promise
      }
    }
    return { value: undefined, done: true }
  }

  return {
    next,
    end() {
      isEnded = true
      queue.clear()
      tail.unfollow(enqueue)
      arrival.resolve()
    },
  }
}
