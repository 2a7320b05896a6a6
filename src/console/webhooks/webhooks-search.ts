import type { DestinationStatus } from '../generated/graphql.ts'

/** The filter of the list, kept in the address. */
export interface WebhooksSearch {
  search?: string | undefined
  status?: DestinationStatus | undefined
}

const STATUSES: readonly DestinationStatus[] = ['ACTIVE', 'INACTIVE', 'DISABLED']

export function readWebhooksSearch({ search, status }: Record<string, unknown>): WebhooksSearch {
  // The router would keep the value of a property that is missing here.
  return {
    search: textOf(search) || undefined,
    status: STATUSES.find((one) => one === status),
  }
}

/** The router parses "15" as a number and "true" as a boolean. The API accepts no NUL character. */
const textOf = (value: unknown) =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value).replaceAll('\0', '') : ''
