import type { DestinationStatus } from '../generated/graphql.ts'

/** What the list is narrowed to, kept in the address. */
export interface WebhooksSearch {
  search?: string | undefined
  status?: DestinationStatus | undefined
}

const STATUSES: readonly DestinationStatus[] = ['ACTIVE', 'INACTIVE', 'DISABLED']

export function readWebhooksSearch({ search, status }: Record<string, unknown>): WebhooksSearch {
  const text = typeof search === 'string' || typeof search === 'number'
  // What is left out, the router would pass on as it stands in the address.
  return {
    // An address says 15 where somebody searches for "15".
    search: text && search !== '' ? String(search) : undefined,
    status: STATUSES.find((one) => one === status),
  }
}
