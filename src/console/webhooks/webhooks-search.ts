import type { DestinationStatus } from '../generated/graphql.ts'

/** What the list is narrowed to, kept in the address. */
export interface WebhooksSearch {
  search?: string | undefined
  status?: DestinationStatus | undefined
}

const STATUSES: readonly DestinationStatus[] = ['ACTIVE', 'INACTIVE', 'DISABLED']

export function readWebhooksSearch({ search, status }: Record<string, unknown>): WebhooksSearch {
  // What is left out, the router would pass on as it stands in the address.
  return {
    search: textOf(search) || undefined,
    status: STATUSES.find((one) => one === status),
  }
}

/** The router reads 15 and true where somebody searches for "15" and "true". The API takes no NUL. */
const textOf = (value: unknown) =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value).replaceAll('\0', '') : ''
