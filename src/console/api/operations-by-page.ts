import type { DocumentNode } from 'graphql'
import { OPERATIONS as DELIVERIES } from '../deliveries/operations.ts'
import { OPERATIONS as DESTINATION } from '../destination/operations.ts'
import { OPERATIONS as EVENTS } from '../events/operations.ts'
import { OPERATIONS as WEBHOOKS } from '../webhooks/operations.ts'

/** What each page asks the API, and what its buttons send. */
export const OPERATIONS_BY_PAGE: readonly { page: string; operations: readonly DocumentNode[] }[] =
  [
    { page: 'Webhooks', operations: WEBHOOKS },
    { page: 'Webhook', operations: DESTINATION },
    { page: 'Recent deliveries', operations: DELIVERIES },
    { page: 'Event reference', operations: EVENTS },
  ]
