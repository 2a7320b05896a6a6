import {
  FAILURE_LIMIT,
  type DestinationRequirement as Requirement,
  type DestinationStatus as Status,
} from '../../domain/destination.ts'
import { builder } from '../builder.ts'

export const DestinationStatus = builder.enumType('DestinationStatus', {
  description: 'Whether a destination receives deliveries.',
  values: {
    INACTIVE: {
      description: 'No deliveries are sent. New and deactivated destinations are INACTIVE.',
    },
    ACTIVE: {
      description: 'Events of the selected types are sent as soon as they are published.',
    },
    DISABLED: {
      description: `No deliveries are sent. The service disables a destination after ${FAILURE_LIMIT} failed attempts. Activate it to resume.`,
    },
  } satisfies Record<Status, { description: string }>,
})

export const DestinationRequirement = builder.enumType('DestinationRequirement', {
  description: 'A setting that a destination requires to be ACTIVE.',
  values: {
    URL: { description: 'A URL. Set it with destinationUpdate.' },
    EVENTS: {
      description: 'At least one event type. Select it with destinationSelectEvents.',
    },
  } satisfies Record<Requirement, { description: string }>,
})
