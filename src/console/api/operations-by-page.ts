import type { DocumentNode } from 'graphql'
import {
  AttemptDetailsDocument,
  DeliveryActivityDocument,
  RecentDeliveriesDocument,
  RetryDeliveryDocument,
  WatchDeliveriesDocument,
  WatchStatusDocument,
} from '../deliveries/operations.ts'
import { OPERATIONS as DESTINATION_OPERATIONS } from '../destination/operations.ts'
import { EventReferenceDocument, PublishSampleDocument } from '../events/operations.ts'
import {
  CreateDestinationDocument,
  DeleteDestinationDocument,
  DestinationsDocument,
  WatchDestinationsDocument,
} from '../webhooks/operations.ts'

/** What each page asks the API, and what its buttons send. */
export const OPERATIONS_BY_PAGE: readonly { page: string; operations: readonly DocumentNode[] }[] =
  [
    {
      page: 'Webhooks',
      operations: [
        DestinationsDocument,
        WatchDestinationsDocument,
        CreateDestinationDocument,
        DeleteDestinationDocument,
      ],
    },
    { page: 'Webhook', operations: DESTINATION_OPERATIONS },
    {
      page: 'Recent deliveries',
      operations: [
        RecentDeliveriesDocument,
        WatchDeliveriesDocument,
        WatchStatusDocument,
        AttemptDetailsDocument,
        DeliveryActivityDocument,
        RetryDeliveryDocument,
      ],
    },
    { page: 'Event reference', operations: [EventReferenceDocument, PublishSampleDocument] },
  ]
