import type { Clock } from '../concurrency/clock.ts'
import {
  type FeedEntry,
  type FeedPosition,
  type FeedSource,
  type FeedTail,
  isAfter,
} from './feed-tail.ts'

/** Rows queued in memory for one subscriber. A slower subscriber continues from the table. */
const QUEUE_SIZE = 256

/** How the rows of one table become a feed. */
export interface FeedDefinition<Row extends { id: string }, Filter> extends FeedSource<Row> {
  matches(filter: Filter, row: Row): boolean
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

/** What all subscribers of a feed share. */
export interface SharedFeed<Row extends { id: string }, Filter> {
  clock: Clock
  tail: FeedTail<Row>
  definition: FeedDefinition<Row, Filter>
  open: Set<Subscriber<Row, Filter>>
}

type QueuedEntry<Row> = FeedEntry<Row> & { queuedAt: number }

const DONE = { value: undefined, done: true } as const

/**
 * The rows of a feed for one consumer, see `Feed.subscribe`. A class, because thousands of subscribers wait at once and
 * methods take no memory in an instance.
 */
export class Subscriber<Row extends { id: string }, Filter> implements AsyncIterableIterator<Row> {
  readonly #feed: SharedFeed<Row, Filter>
  readonly #filter: Filter
  readonly #findStart: (() => Promise<FeedPosition>) | null
  readonly #follower = (entry: FeedEntry<Row>) => this.#enqueue(entry)
  /** By id. Null if it is empty. */
  #queue: Map<string, QueuedEntry<Row>> | null = null
  /** Every matching row up to here was returned. Null until the subscription has begun. */
  #returnedTo: FeedPosition | null = null
  /** Every matching row up to here was returned or is queued. */
  #queuedTo: FeedPosition | null = null
  /** Whether the tail can still deliver rows up to `#queuedTo`. */
  #isOverlapping = false
  #isReading = false
  /** Whether rows after `#queuedTo` were dropped, and must be read from the table. */
  #isBehind = false
  #isEnded = false
  /** Resolves the pending `next`. Null if none is pending. */
  #resolve: ((result: IteratorResult<Row> | Promise<never>) => void) | null = null

  constructor(
    feed: SharedFeed<Row, Filter>,
    filter: Filter,
    findStart: (() => Promise<FeedPosition>) | null,
  ) {
    this.#feed = feed
    this.#filter = filter
    this.#findStart = findStart
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Row>> {
    return new Promise((resolve) => {
      this.#resolve = resolve
      this.#advance()
    })
  }

  async return(): Promise<IteratorResult<Row>> {
    this.end()
    return DONE
  }

  end(): void {
    this.#isEnded = true
    this.#queue = null
    this.#feed.open.delete(this)
    this.#feed.tail.unfollow(this.#follower)
    this.#settle(DONE)
  }

  #settle(result: IteratorResult<Row> | Promise<never>): void {
    this.#resolve?.(result)
    this.#resolve = null
  }

  /** Settles the pending `next` with the first queued row, or reads rows for it from the table if it must. */
  #advance(): void {
    if (this.#isEnded) this.#settle(DONE)
    if (!this.#resolve || this.#isReading) return
    const [entry] = this.#queue?.values() ?? []
    const isStale =
      entry !== undefined &&
      this.#feed.clock.now() - entry.queuedAt > this.#feed.definition.maxQueueMs
    if (!this.#returnedTo || !this.#queuedTo) this.#read(this.#start())
    else if (isStale) this.#read(this.#catchUp(this.#returnedTo))
    else if (entry) this.#emit(entry)
    else if (this.#isBehind) this.#read(this.#catchUp(this.#queuedTo))
  }

  #queued(): QueuedEntry<Row>[] {
    return [...(this.#queue?.values() ?? [])]
  }

  #emit({ position, row }: QueuedEntry<Row>): void {
    this.#queue?.delete(row.id)
    if (this.#queue?.size === 0) this.#queue = null
    this.#returnedTo = position
    this.#settle({ value: row, done: false })
  }

  /** Advances after a read. An error of the read ends the subscription. */
  #read(reading: Promise<void>): void {
    this.#isReading = true
    reading.then(
      () => {
        this.#isReading = false
        this.#advance()
      },
      (error: unknown) => {
        if (this.#isEnded) return
        this.#settle(Promise.reject(error))
        this.end()
      },
    )
  }

  #enqueue({ position, row }: FeedEntry<Row>): void {
    if (this.#isBehind) return
    if (this.#isOverlapping && this.#queuedTo && !isAfter(position, this.#queuedTo)) return
    this.#isOverlapping = false
    if (!this.#feed.definition.matches(this.#filter, row)) {
      // A later read of the table begins here, and does not read again what the filter leaves out.
      if (this.#returnedTo && !this.#queue && !this.#isReading) {
        this.#returnedTo = this.#queuedTo = position
      }
      return
    }
    this.#queue ??= new Map()
    if (this.#queue.size >= QUEUE_SIZE && !this.#queue.has(row.id)) {
      this.#isBehind = true
      return
    }
    this.#queue.set(row.id, { position, row, queuedAt: this.#feed.clock.now() })
    this.#queuedTo = position
    this.#advance()
  }

  async #start(): Promise<void> {
    const from = this.#findStart && (await this.#findStart())
    if (this.#isEnded) return
    this.#isBehind = from !== null
    const end = await this.#feed.tail.follow(this.#follower)
    this.#returnedTo = from ?? end
    this.#queuedTo ??= this.#returnedTo
  }

  /** Reads a page from the table while new rows are queued. If the page is not full, page and queue have no gap. */
  async #catchUp(from: FeedPosition): Promise<void> {
    const { clock, definition } = this.#feed
    this.#queue = null
    this.#returnedTo = this.#queuedTo = from
    this.#isBehind = false
    this.#isOverlapping = true
    const limit = definition.pageSize
    const page = await definition.readSince(this.#filter, { after: from, limit })
    const last = page.at(-1)?.position ?? from
    const isFull = page.length === limit
    const newer = isFull ? [] : this.#queued().filter(({ position }) => isAfter(position, last))
    const queuedAt = clock.now()
    const queue = new Map(
      page
        .filter(({ row }) => definition.matches(this.#filter, row))
        .map((entry) => [entry.row.id, { ...entry, queuedAt }] as const),
    )
    for (const entry of newer) queue.set(entry.row.id, entry)
    this.#queue = queue.size > 0 ? queue : null
    if (isFull) this.#isBehind = true
    if (isFull || isAfter(last, this.#queuedTo)) this.#queuedTo = last
    this.#isOverlapping = true
  }
}
