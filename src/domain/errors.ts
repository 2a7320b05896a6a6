import type { DestinationRequirement, DestinationStatus } from './destination.ts'
import type { Issue } from './json.ts'

/**
 * An error that the caller can resolve. Each subclass is a member of the result unions that name it. All other errors are
 * faults of the service and are masked.
 */
export abstract class Refusal extends Error {}

/** Issues that the message of an error contains. `issues` has all of them. */
const MAX_NAMED_ISSUES = 3

function describeIssues(issues: readonly Issue[]): string {
  const named = issues
    .slice(0, MAX_NAMED_ISSUES)
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
  const more = issues.length - named.length
  return [...named, ...(more > 0 ? [`And ${more} more.`] : [])].join(' ')
}

/** The input is not valid. Nothing was written. */
export class ValidationError extends Refusal {
  override name = 'ValidationError'
  readonly issues: readonly Issue[]
  constructor(issues: readonly Issue[]) {
    super(describeIssues(issues))
    this.issues = issues
  }
}

/** The object does not exist, or belongs to another organization. */
export class NotFoundError extends Refusal {
  override name = 'NotFoundError'
  readonly id: string
  constructor(id: string) {
    super(
      'Nothing with this id exists. Check that it is complete and belongs to your organization.',
    )
    this.id = id
  }
}

const REQUIREMENT = { URL: 'a URL', EVENTS: 'at least one event' } as const

/** The destination lacks requirements. */
export class DestinationNotReadyError extends Refusal {
  override name = 'DestinationNotReadyError'
  readonly missing: readonly DestinationRequirement[]
  constructor(missing: readonly DestinationRequirement[], purpose = 'be active') {
    super(
      `To ${purpose}, the destination requires ${missing.map((one) => REQUIREMENT[one]).join(' and ')}.`,
    )
    this.missing = missing
  }
}

/** The destination is not ACTIVE. */
export class DestinationInactiveError extends Refusal {
  override name = 'DestinationInactiveError'
  readonly status: DestinationStatus
  constructor(status: DestinationStatus) {
    super(`The destination is ${status}. Activate it, then retry the delivery.`)
    this.status = status
  }
}

/** The content of the event was erased, so it cannot be sent. */
export class EventErasedError extends Refusal {
  override name = 'EventErasedError'
  readonly erasedAt: Date
  constructor(erasedAt: Date) {
    super('The content of this event was erased, so it can never be sent again.')
    this.erasedAt = erasedAt
  }
}

/** The idempotency key was used for another event. */
export class IdempotencyConflictError extends Refusal {
  override name = 'IdempotencyConflictError'
  /** The id of the first event under the key. */
  readonly eventId: string
  constructor(eventId: string) {
    super(
      'Another event was already published with this idempotency key. Use a new key for a new event, or repeat the first event unchanged.',
    )
    this.eventId = eventId
  }
}

/** The organization has reached its limit of destinations. */
export class DestinationLimitError extends Refusal {
  override name = 'DestinationLimitError'
  readonly limit: number
  constructor(limit: number) {
    super(
      `An organization can have ${limit} destinations. Delete one that is no longer used, then create this one.`,
    )
    this.limit = limit
  }
}

/** A secret could not be decrypted: its key is missing, or the row was modified. A fault of the service, no refusal. */
export class SecretUnavailableError extends Error {
  override name = 'SecretUnavailableError'
}
