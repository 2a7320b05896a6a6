import { type Bell, createBell } from '../../concurrency/bell.ts'
import { pause } from '../../concurrency/clock.ts'
import { createGroupCommit, type GroupCommit } from '../../concurrency/group-commit.ts'
import { CHANNELS } from '../../storage/channels.ts'
import type { Listener } from '../../storage/listener.ts'
import { type DrainJob, URGENT_MARK } from '../queue.ts'
import { type DrainOutcome, type JobPorts, type Settlement, settleJobs, touchJobs } from './jobs.ts'
import { createSlots, type Slots } from './slots.ts'
import { type ControlledTurn, createTurn, type DrainTurn } from './turn.ts'

/** Milliseconds between fetches of jobs when no notification arrives; while no slot is free, or more jobs are queued. */
const POLL_INTERVAL_MS = 500
const BUSY_POLL_INTERVAL_MS = 50

/** Jobs that one statement settles or confirms. */
const GROUP_SIZE = 500

/** Milliseconds without a successful fetch after which the pump reports that it is not alive. */
const FETCH_TIMEOUT_MS = 5_000

/** Milliseconds between heartbeats. A job without one for `HEARTBEAT_LIMIT_SECONDS` goes to another worker. */
const HEARTBEAT_INTERVAL_MS = 3_000

/** Milliseconds until a drain that failed is run again. The delay doubles with each failure, up to a limit. */
const FIRST_RETRY_DELAY_MS = 100
const MAX_RETRY_DELAY_MS = 30_000
/** The limit while the database is away, which can end at any moment. */
const MAX_OUTAGE_RETRY_DELAY_MS = 1_000

type Ports = JobPorts & { listener: Listener }

/** Drains one destination. Returns 'more' when deliveries may still be due, so that the destination is queued again. */
export type DrainHandler = (turn: DrainTurn) => Promise<DrainOutcome>

export interface DrainPump {
  /** Returns how many destinations this process is draining. */
  active(): number
  /** Whether the pump is running and its fetches succeed. */
  alive(): boolean
  /** Fetches no more jobs, waits for the requests in flight, and queues unfinished destinations again. */
  stop(): Promise<void>
}

/** Fetches drain jobs while there are free slots, and runs the handler for each. */
export async function startDrainPump(ports: Ports, handler: DrainHandler): Promise<DrainPump> {
  const pump = new Pump(ports, handler)
  await pump.start()
  return {
    active: () => pump.active(),
    alive: () => pump.alive(),
    stop: () => pump.stop(),
  }
}

class Pump {
  readonly #ports: Ports
  readonly #handler: DrainHandler
  /** By destination. */
  readonly #turns = new Map<string, ControlledTurn>()
  readonly #draining = new Set<Promise<void>>()
  /** Rings when a job may be waiting or a slot is free. */
  readonly #bell: Bell
  readonly #slots: Slots
  readonly #settle: GroupCommit<Settlement, void>
  readonly #confirm: GroupCommit<ControlledTurn, void>
  #closing = false
  #lastFetch: number
  #fetching: Promise<void> | undefined
  #heartbeat: unknown
  #unlisten: (() => Promise<void>) | undefined

  constructor(ports: Ports, handler: DrainHandler) {
    this.#ports = ports
    this.#handler = handler
    this.#bell = createBell(ports.clock)
    this.#slots = createSlots(ports, this.#turns)
    this.#lastFetch = ports.clock.now()
    this.#settle = createGroupCommit(async (ended) => {
      await settleJobs(ports, ended)
      return ended.map(() => ({ status: 'fulfilled', value: undefined }))
    }, GROUP_SIZE)
    this.#confirm = createGroupCommit(async (turns) => {
      await touchJobs(ports, turns)
      return turns.map(() => ({ status: 'fulfilled', value: undefined }))
    }, GROUP_SIZE)
  }

  async start(): Promise<void> {
    const { clock, listener } = this.#ports
    this.#unlisten = await listener.listen(CHANNELS.destinationWoken, (ids) => this.#wake(ids))
    this.#heartbeat = clock.setInterval(
      () => void touchJobs(this.#ports, [...this.#turns.values()]),
      HEARTBEAT_INTERVAL_MS,
    )
    this.#fetching = this.#fetchUntilClosed()
  }

  active(): number {
    return this.#turns.size
  }

  alive(): boolean {
    return !this.#closing && this.#ports.clock.now() - this.#lastFetch < FETCH_TIMEOUT_MS
  }

  async stop(): Promise<void> {
    this.#closing = true
    this.#bell.ring()
    this.#stopTurns()
    await this.#unlisten?.()
    await this.#fetching
    // The last fetch may have started some.
    this.#stopTurns()
    await Promise.all(this.#draining)
    this.#ports.clock.clearInterval(this.#heartbeat)
  }

  #stopTurns(): void {
    for (const turn of this.#turns.values()) turn.stop()
  }

  /** @param payload of a notification; empty when some may have been missed, which wakes all drains and the pump */
  #wake(payload: string): void {
    const entries = payload === '' ? [...this.#turns.keys(), ''] : payload.split(',')
    for (const entry of entries) {
      const isMarked = entry.endsWith(URGENT_MARK)
      const turn = this.#turns.get(isMarked ? entry.slice(0, -URGENT_MARK.length) : entry)
      if (turn) turn.wake({ urgent: isMarked || payload === '' })
      else this.#bell.ring()
    }
  }

  async #fetchUntilClosed(): Promise<void> {
    const { clock, log } = this.#ports
    while (!this.#closing) {
      const rings = this.#bell.rings()
      try {
        const jobs = await this.#slots.fetch()
        this.#lastFetch = clock.now()
        for (const job of jobs) this.#begin(job)
      } catch (error) {
        log.warn({ err: error }, 'could not fetch jobs')
      }
      const isBusy = this.#slots.areScarce()
      await this.#bell.wait(rings, isBusy ? BUSY_POLL_INTERVAL_MS : POLL_INTERVAL_MS)
    }
  }

  #begin(job: DrainJob): void {
    const draining = this.#drain(job)
      .catch((error: unknown) => this.#ports.log.error({ err: error }, 'could not begin a drain'))
      .finally(() => this.#draining.delete(draining))
    this.#draining.add(draining)
  }

  async #drain(job: DrainJob): Promise<void> {
    const controlled = createTurn(job, this.#confirm.add)
    const { turn } = controlled
    const { destinationId } = turn
    const before = this.#turns.get(destinationId)
    this.#turns.set(destinationId, controlled)
    // This process lost the job and fetched it again before it noticed: the earlier drain ends first.
    before?.lose()
    await before?.ended
    try {
      const outcome = await runUntilSuccess(this.#ports, turn, this.#handler)
      if (!controlled.lost()) await this.#settle.add({ job, outcome })
      const isAwaited = this.#slots.areScarce()
      if (outcome === 'more' || turn.wakeups() > 0 || isAwaited) this.#bell.ring()
    } catch (error) {
      this.#ports.log.error(
        { err: error, destinationId },
        'could not settle a drain, its job will be taken up again',
      )
    } finally {
      if (this.#turns.get(destinationId) === controlled) this.#turns.delete(destinationId)
      controlled.end()
    }
  }
}

async function runUntilSuccess(
  { db, clock, log }: Ports,
  turn: DrainTurn,
  handler: DrainHandler,
): Promise<DrainOutcome> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await handler(turn)
    } catch (error) {
      if (turn.signal.aborted) return 'more'
      const max = db.isTransient(error) ? MAX_OUTAGE_RETRY_DELAY_MS : MAX_RETRY_DELAY_MS
      const wait = Math.min(FIRST_RETRY_DELAY_MS * 2 ** failures, max)
      const { destinationId } = turn
      log.error({ err: error, destinationId, wait }, 'a drain failed, trying again')
      await pause(clock, wait, turn.signal)
    }
  }
}
