import type { DestinationStatus } from '../generated/graphql.ts'

/** What the list is narrowed to, kept in the address. */
export interface WebhooksSearch {
  search?: string
  status?: DestinationStatus
}

const STATUSES: readonly DestinationStatus[] = ['ACTIVE', 'INACTIVE', 'DISABLED']

export function readWebhooksSearch({ search, status }: Record<string, unknown>): WebhooksSearch {
  const known = STATUSES.find((one) => one === status)
  return {
    // An address says 15 where somebody searches for "15".
    ...((typeof search === 'string' || typeof search === 'number') &&
      search !== '' && { search: String(search) }),
    ...(known && { status: known }),
  }
}
