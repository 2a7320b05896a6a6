import type { AttemptFilter, AttemptStatus, EventType } from '../generated/graphql.ts'

/** What the attempts are narrowed to, and which one is open: kept in the address. */
export interface DeliveriesSearch {
  status?: AttemptStatus
  event?: EventType
  /** An attempt's id. */
  attempt?: string
}

const STATUSES: readonly AttemptStatus[] = ['SUCCEEDED', 'FAILED']

export function readDeliveriesSearch(search: Record<string, unknown>): DeliveriesSearch {
  const { event, attempt } = search
  const status = STATUSES.find((one) => one === search.status)
  return {
    ...(status && { status }),
    // The API knows which there are; what it does not know it answers with words.
    ...(typeof event === 'string' && /^[A-Z_]+$/.test(event) && { event: event as EventType }),
    ...(typeof attempt === 'string' && { attempt }),
  }
}

export const filterOf = ({ status, event }: DeliveriesSearch): AttemptFilter => ({
  statuses: status ? [status] : null,
  eventTypes: event ? [event] : null,
})
