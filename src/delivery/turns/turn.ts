import type { DrainJob } from '../queue.ts'

/** One run of a drain job. While it lasts, no other process sends to the destination. */
export interface DrainTurn {
  destinationId: string
  /** Empty if the job does not have it, which a release before 1.0 queued. */
  organizationId: string
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
  /** Waits for a promise. The turn does not use a slot of the process meanwhile. */
  wait(promise: Promise<void>): Promise<void>
  /** Checks in the database that this process still has the job. Aborts `signal` before it resolves if it has not. */
  confirmJob(): Promise<void>
}

/** A turn as the pump controls it. */
export interface ControlledTurn {
  job: DrainJob
  turn: DrainTurn
  /** Returns for how many milliseconds it has waited for responses or a wake-up, 0 if it does something else. */
  waitingMs(): number
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
  let waitingSince: number | null = null
  const wait = async (promise: Promise<void>): Promise<void> => {
    waitingSince = performance.now()
    try {
      await promise
    } finally {
      waitingSince = null
    }
  }
  const over = new AbortController()
  let lost = false
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const all = createWakeupCounter()
  const urgent = createWakeupCounter()
  const controlled: ControlledTurn = {
    job,
    turn: {
      destinationId: job.data.destinationId,
      organizationId: job.data.organizationId ?? '',
      signal: over.signal,
      wakeups: all.count,
      awaitWakeup: (seen, otherwise) => wait(all.awaitNext(seen, otherwise)),
      urgentWakeups: urgent.count,
      awaitUrgentWakeup: (seen, otherwise) => wait(urgent.awaitNext(seen, otherwise)),
      wait,
      confirmJob: () => confirmJob(controlled),
    },
    waitingMs: () => (waitingSince === null ? 0 : performance.now() - waitingSince),
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
