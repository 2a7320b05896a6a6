import { createBell } from '../concurrency/bell.ts'
import { type Clock, pause } from '../concurrency/clock.ts'
import type { Database } from '../storage/database.ts'
import type { Listener } from '../storage/listener.ts'
import type { Logger } from '../telemetry/logger.ts'

/**
 * A place in a feed: the transaction that wrote a row, and the row's id within it. Transactions commit in
 * another order than they are numbered, so a place is only passed when every transaction below has ended.
 */
export interface FeedPosition {
  transaction: string
  id: string
}

export interface FeedEntry<Row> {
  position: FeedPosition
  row: Row
}

/** Whether `one` comes after `other`. */
export function isAfter(one: FeedPosition, other: FeedPosition): boolean {
  const [a, b] = [BigInt(one.transaction), BigInt(other.transaction)]
  return a > b || (a === b && one.id > other.id)
}

export interface FeedSource<Row> {
  /** Channel of NOTIFY that says "look". */
  channel: string
  /** Milliseconds to wait after it, for more to be read in one look. */
  settle: number
  /**
   * Rows after a place and below every running transaction, in order.
   * @returns also whether rows are committed already that a running transaction still holds back
   */
  read(after: FeedPosition, limit: number): Promise<{ entries: FeedEntry<Row>[]; held: boolean }>
}

/** What the process itself does with a feed. */
export interface RunningFeed {
  /** Open subscriptions. */
  subscribers(): number
  /** See `FeedTail`. */
  alive(): boolean
  close(): Promise<void>
}

export interface FeedTail<Row> {
  /**
   * Calls `hear` with each row after the returned place, in order, until `unfollow(hear)`.
   * @throws when the database does not answer; `hear` is then not called again
   */
  follow(hear: Hear<Row>): Promise<FeedPosition>
  /** Stops the calls at once, also while `follow` has not answered yet. Safe to call again. */
  unfollow(hear: Hear<Row>): void
  /** Whether new rows are read, or nobody follows. */
  alive(): boolean
  close(): Promise<void>
}

export type Hear<Row> = (entry: FeedEntry<Row>) => void

/** Rows of one look. */
const PAGE = 500

/** Milliseconds between looks: while rows are held back, without a notification, after an error. */
const HELD = 5
const POLL = 1_000
const AFTER_ERROR = 250

/**
 * Rows that stay held back are read again after a tenth of the time for which they were held, at most after so many
 * milliseconds: a transaction can stay open for hours. Notifications do not say when it ends.
 */
const HELD_PART = 10
const LONGEST_HELD = 250

/** Milliseconds without a look that worked, after which it does not look any more. */
const SILENT = 5_000

type Ports = { db: Database; listener: Listener; clock: Clock; log: Logger }

/** The time in which the feed has followers without a break. It begins with the first one and ends with the last one. */
interface Session<Row> {
  followers: Set<Hear<Row>>
  /** The place up to which the followers have every row. */
  position: Promise<FeedPosition>
  /** Epoch milliseconds of the last read that succeeded, or of the session's beginning. */
  readAt: number
  /** Epoch milliseconds from which all that is new has been held back; null when nothing is. */
  heldSince: number | null
}

/**
 * Reads a feed's new rows once and hands them to every follower. One loop runs from creation until `close`: nothing
 * that a follower does can end it. While nobody follows it reads nothing.
 */
export async function createFeedTail<Row>(
  { db, listener, clock, log }: Ports,
  source: FeedSource<Row>,
): Promise<FeedTail<Row>> {
  const bell = createBell(clock)
  const unlisten = await listener.listen(source.channel, () => bell.ring())
  let session: Session<Row> | null = null
  const closing = new AbortController()
  const { signal } = closing

  /** Waits for the next read. Ends early on notifications after those that were counted. */
  async function rest(milliseconds: number, rings: number): Promise<void> {
    if (session?.heldSince != null && milliseconds > HELD) await pause(clock, milliseconds, signal)
    else if (milliseconds > 0 && !signal.aborted) await bell.wait(rings, milliseconds)
  }

  /** @returns milliseconds until the next read is due without a notification */
  async function read(current: Session<Row>): Promise<number> {
    try {
      const { entries, held } = await source.read(await current.position, PAGE)
      current.readAt = clock.now()
      const last = entries.at(-1)
      if (last) current.position = Promise.resolve(last.position)
      current.heldSince = held && !last ? (current.heldSince ?? current.readAt) : null
      for (const entry of entries) for (const hear of current.followers) hear(entry)
      if (entries.length === PAGE) return 0
      if (!held) return POLL
      const heldMs = current.readAt - (current.heldSince ?? current.readAt)
      return Math.min(Math.max(HELD, heldMs / HELD_PART), LONGEST_HELD)
    } catch (error) {
      log.warn({ err: error, channel: source.channel }, 'could not read the feed, trying again')
      return AFTER_ERROR
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const rings = bell.rings()
      await rest(session ? await read(session) : POLL, rings)
      if (source.settle > 0 && bell.rings() > rings) await pause(clock, source.settle, signal)
    }
  }

  function begin(): Session<Row> {
    bell.ring()
    return { followers: new Set(), position: end(db), readAt: clock.now(), heldSince: null }
  }

  function leave(from: Session<Row>, hear: Hear<Row>): void {
    from.followers.delete(hear)
    if (session === from && from.followers.size === 0) session = null
  }

  const running = run()
  return {
    async follow(hear) {
      session ??= begin()
      const joined = session
      joined.followers.add(hear)
      try {
        return await joined.position
      } catch (error) {
        leave(joined, hear)
        throw error
      }
    },
    unfollow(hear) {
      if (session) leave(session, hear)
    },
    alive: () => session === null || clock.now() - session.readAt < SILENT,
    async close() {
      closing.abort()
      bell.ring()
      await unlisten()
      await running
    },
  }
}

/** The place before which nothing can be added any more. */
async function end(db: Database): Promise<FeedPosition> {
  const [row] = await db.query<{ transaction: string }>(
    'select feed_horizon()::text as transaction',
  )
  return { transaction: row?.transaction ?? '0', id: '' }
}
