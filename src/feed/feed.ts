import type { Clock } from '../concurrency/clock.ts'
import type { Database } from '../storage/database.ts'
import type { Listener } from '../storage/listener.ts'
import type { Logger } from '../telemetry/logger.ts'
import { type FeedDefinition, Subscriber } from './feed-subscriber.ts'
import { createFeedTail, type FeedPosition } from './feed-tail.ts'

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
   * Returns an iterator over the rows that match, for one consumer. `return` ends it, also while `next` waits for a row.
   * Several rows of one id that wait together are emitted as one, the latest.
   * @param findStart returns the position after which to begin; null begins with new rows. Its error is thrown by the
   *   first `next`
   */
  subscribe(
    filter: Filter,
    findStart: (() => Promise<FeedPosition>) | null,
  ): AsyncIterableIterator<Row>
}

type Ports = { db: Database; listener: Listener; clock: Clock; log: Logger }

/** Creates a feed: one tail reads new rows for all subscribers, and subscribers that fall behind read the table themselves. */
export async function createFeed<Row extends { id: string }, Filter>(
  ports: Ports,
  definition: FeedDefinition<Row, Filter>,
): Promise<Feed<Row, Filter>> {
  const open = new Set<Subscriber<Row, Filter>>()
  let isClosed = false
  const tail = await createFeedTail<Row>(ports, definition)
  const shared = { clock: ports.clock, tail, definition, open }
  return {
    subscribe(filter, findStart) {
      const subscriber = new Subscriber(shared, filter, findStart)
      if (isClosed) subscriber.end()
      else open.add(subscriber)
      return subscriber
    },
    subscribers: () => open.size,
    alive: tail.alive,
    async close() {
      isClosed = true
      for (const subscriber of open) subscriber.end()
      await tail.close()
    },
  }
}
