import type { DrainJob } from './queue.ts'

/** One run of a drain job. While it lasts, no other process sends to the destination. */
export interface DrainTurn {
  destinationId: string
  /** Aborted when the job was lost or the worker is closing: no further request may begin. */
  signal: AbortSignal
  /** Returns how often the destination was woken since the turn began. */
  wakeups(): number
  /** Resolves when there were more than `seen` wake-ups, or when `otherwise` resolves. */
  awaitWakeup(seen: number, otherwise: () => Promise<void>): Promise<void>
  /** Returns how many of the wake-ups were urgent. */
  urgentWakeups(): number
  /** Resolves when there were more than `seen` urgent wake-ups, or when `otherwise` resolves. */
  awaitUrgentWakeup(seen: number, otherwise: () => Promise<void>): Promise<void>
  /** Checks in the database that this process still has the job. Aborts `signal` before it resolves if it has not. */
  confirmJob(): Promise<void>
}

/** A turn as the pump controls it. */
export interface ControlledTurn {
  job: DrainJob
  turn: DrainTurn
  wake(options: { urgent: boolean }): void
  /** Aborts the turn. */
  stop(): void
  /** Aborts the turn because another worker has the job. */
  lose(): void
  lost(): boolean
  /** Resolves `ended`. */
  end(): void
  ended: Promise<void>
}

export function createTurn(
  job: DrainJob,
  confirmJob: (turn: ControlledTurn) => Promise<void>,
): ControlledTurn {
  const over = new AbortController()
  let lost = false
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const all = createWakeupCounter()
  const urgent = createWakeupCounter()
  const controlled: ControlledTurn = {
    job,
    turn: {
      destinationId: job.data.destinationId,
      signal: over.signal,
      wakeups: all.count,
      awaitWakeup: all.awaitNext,
      urgentWakeups: urgent.count,
      awaitUrgentWakeup: urgent.awaitNext,
      confirmJob: () => confirmJob(controlled),
    },
    wake(options) {
      all.add()
      if (options.urgent) urgent.add()
    },
    stop: () => over.abort(),
    lose() {
      lost = true
      over.abort()
    },
    lost: () => lost,
    end,
    ended,
  }
  return controlled
}

function createWakeupCounter() {
  let count = 0
  let next = Promise.withResolvers<void>()
  return {
    count: () => count,
    async awaitNext(seen: number, otherwise: () => Promise<void>): Promise<void> {
      if (count <= seen) await Promise.race([next.promise, otherwise()])
    },
    add(): void {
      count += 1
      next.resolve()
      next = Promise.withResolvers()
    },
  }
}
