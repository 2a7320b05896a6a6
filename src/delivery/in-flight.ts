import type { Shares } from '../concurrency/shares.ts'
import { type AttemptPorts, attemptDelivery } from './attempt.ts'
import type { DueDelivery } from './due.ts'
import type { AttemptRecorder } from './record.ts'

/**
 * Requests to one destination at a time: enough to use a fast receiver, few enough to spare a slow one. One urgent request
 * more may be sent. Requests to an earlier URL or under an earlier activation do not count.
 */
export const MAX_CONCURRENT_REQUESTS = 16
const MAX_URGENT_REQUESTS = MAX_CONCURRENT_REQUESTS + 1

/** Requests in flight to one destination in all, however often its URL changes. */
const MAX_DESTINATION_REQUESTS = 4 * MAX_CONCURRENT_REQUESTS

/** Characters of event data in flight to one destination from which on no further request begins. */
const MAX_DATA_LENGTH = 4_000_000

/** Returns the characters of an event that a delivery keeps in memory. */
export const lengthOf = ({ data, relations }: DueDelivery): number => data.length + relations.length

type Ports = AttemptPorts & { recorder: AttemptRecorder; memory: Shares }

/** The requests to one URL under one activation. */
interface Generation {
  name: string | null
  count: number
  /** Characters of event data. */
  length: number
}

/** The deliveries of one destination that are being sent or recorded. */
export class InFlight {
  readonly #ports: Ports
  readonly #organizationId: string
  readonly #sending = new Map<string, Promise<void>>()
  #generation: Generation = { name: null, count: 0, length: 0 }
  #inactive = 0
  #overtaken = 0
  #fault: { error: unknown } | null = null
  #next = Promise.withResolvers<void>()

  constructor(ports: Ports, organizationId: string) {
    this.#ports = ports
    this.#organizationId = organizationId
  }

  /** Begins an attempt, whose end gives its memory back. Its errors are thrown by `room` and `empty`. */
  send(delivery: DueDelivery): void {
    this.#sending.set(delivery.id, this.#attempt(delivery, this.#generation))
  }

  get ids(): string[] {
    return [...this.#sending.keys()]
  }

  get isEmpty(): boolean {
    return this.#sending.size === 0
  }

  /** How many results so far were recorded for a destination that is not ACTIVE, or were overtaken. */
  get inactive(): number {
    return this.#inactive
  }

  /** How many results so far were overtaken: another worker has recorded an attempt of the delivery. */
  get overtaken(): number {
    return this.#overtaken
  }

  /**
   * Sets the URL and activation of the requests from now on. Earlier requests no longer count towards the limits.
   * @returns whether it differs from the one before
   */
  beginGeneration(name: string | null): boolean {
    const { name: before } = this.#generation
    if (name === null || name === before) return false
    this.#generation = { name, count: 0, length: 0 }
    return before !== null
  }

  /** Whether one more request may begin. */
  hasRoom(urgent = false): boolean {
    const { count, length } = this.#generation
    if (this.#sending.size >= MAX_DESTINATION_REQUESTS) return false
    return urgent
      ? count < MAX_URGENT_REQUESTS
      : count < MAX_CONCURRENT_REQUESTS && length < MAX_DATA_LENGTH
  }

  /** Resolves when one more request may begin. Rejects with the error of an attempt that could not be made or recorded. */
  room(urgent?: boolean): Promise<void> {
    return this.#until(() => this.hasRoom(urgent))
  }

  /** Resolves when all results are recorded. Rejects as `room` does. */
  empty(): Promise<void> {
    return this.#until(() => this.isEmpty)
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#next.promise
    if (this.#fault) throw this.#fault.error
  }

  async #attempt(delivery: DueDelivery, generation: Generation): Promise<void> {
    generation.count += 1
    generation.length += delivery.data.length
    try {
      const result = await attemptDelivery(this.#ports, delivery)
      const outcome = await this.#ports.recorder.record(result)
      if (outcome !== 'active') this.#inactive += 1
      if (outcome === 'overtaken') this.#overtaken += 1
    } catch (error) {
      this.#fault ??= { error }
    } finally {
      this.#sending.delete(delivery.id)
      generation.count -= 1
      generation.length -= delivery.data.length
      this.#ports.memory.release(this.#organizationId, lengthOf(delivery))
      this.#next.resolve()
      this.#next = Promise.withResolvers()
    }
  }
}
