import { isEventType } from '../events/event-types.ts'
import type { AttemptFilter, AttemptStatus, EventType } from '../generated/graphql.ts'

/** The filter of the list and the attempt that is open, kept in the address. */
export interface DeliveriesSearch {
  status?: AttemptStatus | undefined
  event?: EventType | undefined
  /** An attempt's id. */
  attempt?: string | undefined
}

const STATUSES: readonly AttemptStatus[] = ['SUCCEEDED', 'FAILED']

export function readDeliveriesSearch(search: Record<string, unknown>): DeliveriesSearch {
  const { event, attempt } = search
  // The router would keep the value of a property that is missing here.
  return {
    status: STATUSES.find((one) => one === search.status),
    event: isEventType(event) ? event : undefined,
    attempt: typeof attempt === 'string' ? attempt : undefined,
  }
}

export const filterOf = ({ status, event }: DeliveriesSearch): AttemptFilter => ({
  statuses: status ? [status] : null,
  eventTypes: event ? [event] : null,
})
