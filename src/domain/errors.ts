import type { DestinationRequirement, DestinationStatus } from './destination.ts'
import type { Issue } from './json.ts'

/**
 * The closed list of refusals: answers a caller can act on. Each is a member of the result unions that
 * name it; anything else that is thrown is our own fault and reaches no client.
 */
export abstract class Refusal extends Error {}

/** Issues that a refusal's one-line message names; `issues` has them all. */
const NAMED_ISSUES = 3

function inWords(issues: readonly Issue[]): string {
  const named = issues
    .slice(0, NAMED_ISSUES)
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
  const more = issues.length - named.length
  return [...named, ...(more > 0 ? [`And ${more} more.`] : [])].join(' ')
}

/** The input breaks a rule. Nothing was written. */
export class ValidationError extends Refusal {
  override name = 'ValidationError'
  readonly issues: readonly Issue[]
  constructor(issues: readonly Issue[]) {
    super(inWords(issues))
    this.issues = issues
  }
}

/** No such thing for this caller; another organization's is answered in the same words. */
export class NotFoundError extends Refusal {
  override name = 'NotFoundError'
  readonly id: string
  constructor(id: string) {
    super('Nothing with this id exists. Check that it is whole and belongs to your organization.')
    this.id = id
  }
}

const REQUIREMENT = { URL: 'a URL', EVENTS: 'at least one event' } as const

/** An active destination needs what is missing here. */
export class DestinationNotReadyError extends Refusal {
  override name = 'DestinationNotReadyError'
  readonly missing: readonly DestinationRequirement[]
  constructor(missing: readonly DestinationRequirement[], purpose = 'be active') {
    super(
      `To ${purpose}, the destination needs ${missing.map((one) => REQUIREMENT[one]).join(' and ')}.`,
    )
    this.missing = missing
  }
}

/** Only an ACTIVE destination is sent to. */
export class DestinationInactiveError extends Refusal {
  override name = 'DestinationInactiveError'
  readonly status: DestinationStatus
  constructor(status: DestinationStatus) {
    super(`The destination is ${status}. Activate it, then retry the delivery.`)
    this.status = status
  }
}

/** The content of the event is gone, so there is nothing to send. */
export class EventErasedError extends Refusal {
  override name = 'EventErasedError'
  readonly erasedAt: Date
  constructor(erasedAt: Date) {
    super('The content of this event was erased, so it can never be sent again.')
    this.erasedAt = erasedAt
  }
}

/** The idempotency key already stands for another event. */
export class IdempotencyConflictError extends Refusal {
  override name = 'IdempotencyConflictError'
  /** The event that was published first under the key. */
  readonly eventId: string
  constructor(eventId: string) {
    super(
      'This idempotency key already stands for another event. Use a new key for a new event, or repeat the first one unchanged.',
    )
    this.eventId = eventId
  }
}

/** The organization has as many destinations as it may. */
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

/** A secret could not be decrypted: its key is missing, or the row was tampered with. No refusal: it is our fault. */
export class SecretUnavailableError extends Error {
  override name = 'SecretUnavailableError'
}
