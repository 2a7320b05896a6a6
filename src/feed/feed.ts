import type { DeliveryAttempt, Destination } from '../generated/prisma/client.ts'

/** An attempt as the feed brings it: with the number of the transaction that recorded it. */
export type RecordedAttempt = DeliveryAttempt & { transaction: string }

/** Which attempts a subscriber wants. Null means any. */
export interface AttemptFeedFilter {
  organizationId: string
  destinationId: string | null
  /** Wire names. */
  eventTypes: readonly string[] | null
  statuses: readonly DeliveryAttempt['status'][] | null
}

/** Every attempt as it is recorded by any worker, in the order of commits. */
export interface AttemptFeed {
  /**
   * @param after an attempt's id or cursor: all that was recorded since comes first. Null starts with now.
   * @returns each attempt once, in order; ends when the consumer returns or the feed closes
   * @throws UnknownAttemptError on the first pull, when `after` names no place of the organization
   */
  subscribe(filter: AttemptFeedFilter, after: string | null): AsyncIterableIterator<RecordedAttempt>
}

/** A destination that something was done to. */
export type ToldDestination = Pick<Destination, 'id' | 'organizationId'>

/** Every destination that something was done to, by any process. What is done to one in quick succession comes as one. */
export interface DestinationFeed {
  /** @param id of the one destination to watch, null for all of the organization */
  subscribe(organizationId: string, id: string | null): AsyncIterableIterator<ToldDestination>
}

/** The attempt to resume after is not known, or not any more. */
export class UnknownAttemptError extends Error {
  override name = 'UnknownAttemptError'
}
