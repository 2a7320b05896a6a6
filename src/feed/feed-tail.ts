import { createBell } from '../concurrency/bell.ts'
import { type Clock, pause } from '../concurrency/clock.ts'
import type { Database } from '../storage/database.ts'
import type { Listener } from '../storage/listener.ts'
import type { Logger } from '../telemetry/logger.ts'

/**
 * A position in a feed: the number of the transaction that wrote a row, then the row's id. Transactions commit in another
 * order than their numbers, so a feed passes a position only when every transaction with a lower number has ended.
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
  /** The channel of NOTIFY for new rows. */
  channel: string
  /** Milliseconds to wait after a notification, so that one read gets more rows. */
  settleMs: number
  /**
   * Reads rows after a position and below every running transaction, in order.
   * @returns `held`: whether a running transaction holds back rows that are already committed
   */
  read(after: FeedPosition, limit: number): Promise<{ entries: FeedEntry<Row>[]; held: boolean }>
}

export interface FeedTail<Row> {
  /**
   * Calls the function with each row after the returned position, in order, until `unfollow`.
   * @throws if the database does not answer; the function is not called then
   */
  follow(follower: Follower<Row>): Promise<FeedPosition>
  /** Stops the calls at once, also while `follow` is pending. Later calls have no effect. */
  unfollow(follower: Follower<Row>): void
  /** Whether new rows are read successfully, or there are no followers. */
  alive(): boolean
  close(): Promise<void>
}

export type Follower<Row> = (entry: FeedEntry<Row>) => void

/** Rows of one read. */
const PAGE_SIZE = 500

/** The time until the next read while rows are held back, without a notification, and after an error. */
const HELD_INTERVAL_MS = 5
const POLL_INTERVAL_MS = 1_000
const ERROR_INTERVAL_MS = 250

/**
 * Rows that stay held back are read again after a tenth of the time since when they are held back, at most after this
 * time: a transaction can stay open for hours, and no notification reports its end.
 */
const HELD_TO_INTERVAL_RATIO = 10
const MAX_HELD_INTERVAL_MS = 250

/** Without a successful read for this time, the tail is not alive. */
const ALIVE_MS = 5_000

type Ports = { db: Database; listener: Listener; clock: Clock; log: Logger }

/** The time during which the feed has followers: from the first `follow` to the last `unfollow`. */
interface Session<Row> {
  followers: Set<Follower<Row>>
  /** The followers have every row up to here. */
  position: Promise<FeedPosition>
  /** Epoch milliseconds of the last successful read, or of the start of the session. */
  readAt: number
  /** Epoch milliseconds since when all new rows are held back. Null if none are. */
  heldSince: number | null
}

/**
 * Reads new rows once and passes them to every follower. One loop runs from creation until `close`, whatever followers do.
 * Without followers it reads nothing.
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

  /** Waits until the next read. A notification after those that were counted ends the wait early. */
  async function rest(milliseconds: number, rings: number): Promise<void> {
    if (session?.heldSince != null && milliseconds > HELD_INTERVAL_MS)
      await pause(clock, milliseconds, signal)
    else if (milliseconds > 0 && !signal.aborted) await bell.wait(rings, milliseconds)
  }

  /** Returns the milliseconds until the next read, unless a notification comes earlier. */
  async function read(current: Session<Row>): Promise<number> {
    try {
      const { entries, held } = await source.read(await current.position, PAGE_SIZE)
      current.readAt = clock.now()
      const last = entries.at(-1)
      if (last) current.position = Promise.resolve(last.position)
      current.heldSince = held && !last ? (current.heldSince ?? current.readAt) : null
      for (const entry of entries) for (const follower of current.followers) follower(entry)
      if (entries.length === PAGE_SIZE) return 0
      if (!held) return POLL_INTERVAL_MS
      const heldMs = current.readAt - (current.heldSince ?? current.readAt)
      return Math.min(
        Math.max(HELD_INTERVAL_MS, heldMs / HELD_TO_INTERVAL_RATIO),
        MAX_HELD_INTERVAL_MS,
      )
    } catch (error) {
      log.warn({ err: error, channel: source.channel }, 'could not read the feed, trying again')
      return ERROR_INTERVAL_MS
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const rings = bell.rings()
      await rest(session ? await read(session) : POLL_INTERVAL_MS, rings)
      if (source.settleMs > 0 && bell.rings() > rings) await pause(clock, source.settleMs, signal)
    }
  }

  function begin(): Session<Row> {
    bell.ring()
    return { followers: new Set(), position: readEnd(db), readAt: clock.now(), heldSince: null }
  }

  function leave(from: Session<Row>, follower: Follower<Row>): void {
    from.followers.delete(follower)
    if (session === from && from.followers.size === 0) session = null
  }

  const running = run()
  return {
    async follow(follower) {
      session ??= begin()
      const joined = session
      joined.followers.add(follower)
      try {
        return await joined.position
      } catch (error) {
        leave(joined, follower)
        throw error
      }
    },
    unfollow(follower) {
      if (session) leave(session, follower)
    },
    alive: () => session === null || clock.now() - session.readAt < ALIVE_MS,
    async close() {
      closing.abort()
      bell.ring()
      await unlisten()
      await running
    },
  }
}

/** Returns the position below which no row can be added any more. */
async function readEnd(db: Database): Promise<FeedPosition> {
  const [row] = await db.query<{ transaction: string }>(
    'select feed_horizon()::text as transaction',
  )
  return { transaction: row?.transaction ?? '0', id: '' }
}
