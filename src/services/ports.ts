import type { PrismaClient } from '../generated/prisma/client.ts'

/** Runs SQL text with positional parameters; a text seen before is planned once a connection. */
export interface Sql {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

/** The database: Prisma for what reads best in it, SQL for the hot paths, one pool below both. */
export interface Database extends Sql {
  readonly prisma: PrismaClient
  /** Commits when `work` resolves, else rolls back and rethrows. */
  transaction<Result>(work: (tx: Sql) => Promise<Result>): Promise<Result>
  /** Whether the same call may well succeed later: the database is away, busy, or chose this as a deadlock's victim. */
  isPassing(error: unknown): boolean
}

/** Hears NOTIFY on one dedicated connection that reconnects by itself. */
export interface Listener {
  /**
   * @param onNotify gets the payload. It is also called, with an empty one, after each (re)connect: what
   *   was announced meanwhile was missed.
   * @returns a function that ends the listening
   */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>
}

/** Source of time and timers, in the shape of pg-boss's own clock, so that a test can move both at once. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  setTimeout(work: () => void, milliseconds: number): unknown
  clearTimeout(timer: unknown): void
  setInterval(work: () => void, milliseconds: number): unknown
  clearInterval(timer: unknown): void
}

/** The promise that somebody looks after a destination's due deliveries. */
export interface Queue {
  /**
   * Queues one drain for each destination, in the caller's transaction, and tells the workers when it
   * commits. A destination that already has one queued keeps it.
   * @param options.urgent makes a drain that waits for room on the wire look at once, since what it is to send next
   *   has room: an urgent delivery, or any when the URL or the activation has changed
   */
  wake(tx: Sql, destinationIds: readonly string[], options?: { urgent: boolean }): Promise<void>
  /** The same, at a later time. Times are whole seconds from the transaction's own start. */
  wakeLater(tx: Sql, wakes: readonly { destinationId: string; seconds: number }[]): Promise<void>
  /**
   * Makes drains startable that lie further ahead than any can: the database's clock was set back. Those that
   * were held at that moment show again whether somebody is alive.
   */
  bringForward(tx: Sql): Promise<void>
}

/** One run of the job "drain": the hold on a destination that makes this process its only sender. */
export interface DrainTurn {
  destinationId: string
  /** Aborted when the hold was lost or the worker is closing: start nothing more. */
  signal: AbortSignal
  /** How often this destination was woken since the turn began. */
  wakeups(): number
  /** Resolves when it was woken more than `seen` times, else waits for `otherwise` beside the next wake-up. */
  awake(seen: number, otherwise: () => Promise<void>): Promise<void>
  /** How many of these wake-ups were urgent. */
  urgentWakeups(): number
  /** Resolves when more than `seen` were urgent, else waits for `otherwise` beside the next urgent one. */
  awakeUrgently(seen: number, otherwise: () => Promise<void>): Promise<void>
  /** Asks the database whether this process still has the job. Aborts `signal` before it resolves if it has not. */
  confirmHold(): Promise<void>
}

/** Encrypts what must not be readable in the database. */
export interface SecretBox {
  /** @param owner the id that alone may read it back */
  seal(plaintext: string, owner: string): string
  /** @throws SecretUnavailableError when no key opens it for this owner */
  open(sealed: string, owner: string): string
  /** Whether it is sealed with the key that `seal` uses: if not, its key cannot be taken away yet. Opens nothing. */
  isCurrent(sealed: string): boolean
}

export type IdPrefix = 'org' | 'whk' | 'evt' | 'dlv' | 'att' | 'key' | 'aud'

/** Makes ids: TypeIDs, ascending within a process and sortable by creation time. */
export type NewId = (prefix: IdPrefix) => string

/** The lowest id that could have been made at a time: all that are below it are older. */
export type LowestId = (prefix: IdPrefix, time: Date) => string

/** When an id was made, by the clock of the process that made it. Null for a text that is no id. */
export type TimeOfId = (id: string) => Date | null

/** Makes cursors whose content clients can neither read nor change. */
export interface CursorSeal {
  /**
   * Answers one cursor for one plaintext and owner, of characters that URLs and headers take as they are.
   * @param owner the id of the organization that alone can use it
   */
  seal(plaintext: string, owner: string): string
  /** The plaintext, or null when the cursor was not sealed for this owner. */
  open(cursor: string, owner: string): string | null
}

/** A cryptographic source of randomness. */
export type RandomBytes = (size: number) => Buffer

/** Structured logging: fields first, then what happened. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
