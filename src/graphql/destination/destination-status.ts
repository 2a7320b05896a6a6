import {
  FAILURE_LIMIT,
  type DestinationRequirement as Requirement,
  type DestinationStatus as Status,
} from '../../domain/destination.ts'
import { builder } from '../builder.ts'

export const DestinationStatus = builder.enumType('DestinationStatus', {
  description: 'Whether a destination is sent to.',
  values: {
    INACTIVE: { description: 'Not sent to: as created, or deactivated by hand.' },
    ACTIVE: { description: 'Sent to: every event that it selects, as soon as it is published.' },
    DISABLED: {
      description: `Not sent to: turned off by the service after ${FAILURE_LIMIT} failed attempts. Activate it again to resume.`,
    },
  } satisfies Record<Status, { description: string }>,
})

export const DestinationRequirement = builder.enumType('DestinationRequirement', {
  description: 'What a destination needs before it can be ACTIVE.',
  values: {
    URL: { description: 'A URL to send to: set it with destinationUpdate.' },
    EVENTS: { description: 'At least one event: select some with destinationSelectEvents.' },
  } satisfies Record<Requirement, { description: string }>,
})
