import { IdempotencyConflictError, ValidationError } from '../domain/errors.ts'
import type { Match, NewEvent } from './event-store.ts'
import {
  firstUnderKey,
  isKnownRepeat,
  type KeyedEvent,
  type KeyedEvents,
  rememberKey,
} from './stored-keys.ts'

/** Deliveries that one call can make: some seconds of one connection. */
export const MAX_DELIVERIES_PER_CALL = 50_000

export type Calls = readonly (readonly NewEvent[])[]

export interface PublishedEvent {
  eventId: string
  /** Whether an event with this idempotency key existed already. `eventId` is then the id of that event. */
  duplicate: boolean
  /** Deliveries created by this call, including SKIPPED ones; 0 for a duplicate. */
  deliveryCount: number
}

/** The result of a call that makes too many deliveries to be published with others. */
export const TOO_LARGE = Symbol('too large for a group')

export type Settled = PromiseSettledResult<PublishedEvent[] | typeof TOO_LARGE>

/** What one transaction publishes. */
export interface Plan {
  /** The events to store. */
  fresh: NewEvent[]
  calls: (
    | { refusal: IdempotencyConflictError | ValidationError }
    | { answers: { event: NewEvent; first: KeyedEvent | null }[] }
    | typeof TOO_LARGE
  )[]
}

/**
 * Decides for each call, in order, which of its events are new or repeats, and whether it is refused or must be published
 * alone.
 */
export function planCalls({
  calls,
  known,
  match,
  maxDeliveries,
}: {
  calls: Calls
  known: KeyedEvents
  match: Match
  maxDeliveries: number
}): Plan {
  const plan: Plan = { fresh: [], calls: [] }
  for (const events of calls) {
    if (countDeliveries(events, match) > maxDeliveries) {
      plan.calls.push(TOO_LARGE)
      continue
    }
    const conflict = events
      .map((event) => ({ event, first: firstUnderKey(known, event) }))
      .find(({ event, first }) => first && !isKnownRepeat(first, event))
    if (conflict?.first) {
      plan.calls.push({ refusal: new IdempotencyConflictError(conflict.first.id) })
      continue
    }
    const count = countDeliveries(
      events.filter((event) => !firstUnderKey(known, event)),
      match,
    )
    if (count > MAX_DELIVERIES_PER_CALL) {
      plan.calls.push({ refusal: tooManyDeliveries(count) })
      continue
    }
    const answers = events.map((event) => {
      const first = firstUnderKey(known, event)
      if (first) return { event, first }
      rememberKey(known, event)
      plan.fresh.push(event)
      return { event, first }
    })
    plan.calls.push({ answers })
  }
  return plan
}

const countDeliveries = (events: readonly NewEvent[], match: Match): number =>
  events.reduce((sum, event) => sum + match(event).length, 0)

const tooManyDeliveries = (count: number) =>
  new ValidationError([
    {
      path: [],
      message: `This call would make ${count} deliveries; a call can make at most ${MAX_DELIVERIES_PER_CALL}. Publish its events in several calls.`,
    },
  ])

export function settle(plan: Plan, match: Match): Settled[] {
  return plan.calls.map((call): Settled => {
    if (call === TOO_LARGE) return { status: 'fulfilled', value: TOO_LARGE }
    if ('refusal' in call) return { status: 'rejected', reason: call.refusal }
    const value = call.answers.map(({ event, first }) => ({
      eventId: first?.id ?? event.id,
      duplicate: first !== null,
      deliveryCount: first ? 0 : match(event).length,
    }))
    return { status: 'fulfilled', value }
  })
}
