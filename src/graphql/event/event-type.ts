import { catalogue, type EventName, enumName } from '../../domain/events/index.ts'
import { builder } from '../builder.ts'

/** Derived from the catalogue; in here its values are the wire names. */
export const EventType = builder.enumType('EventType', {
  description:
    'What can happen, and so what a destination can be told of. The wire name, in the payload, is the same in lower case.',
  values: Object.fromEntries(
    catalogue.map(({ name, description }) => [
      enumName(name),
      { value: name as EventName, description },
    ]),
  ),
})
