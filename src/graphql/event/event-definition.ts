import { type EventDefinition as Definition, jsonSchema } from '../../domain/events/definition.ts'
import { catalogue, type EventName, enumName } from '../../domain/events/index.ts'
import { builder } from '../builder.ts'

/** The enum is derived from the catalog. In resolvers its values are the wire names. */
export const EventType = builder.enumType('EventType', {
  description:
    'The event types a destination can subscribe to. Payloads contain the same name in lower case, as in "todo_created".',
  values: Object.fromEntries(
    catalogue.map(({ name, description }) => [
      enumName(name),
      { value: name as EventName, description },
    ]),
  ),
})

const EventDefinition = builder.objectRef<Definition<EventName>>('EventDefinition').implement({
  description: 'An event type of the catalog: when it is triggered and what it contains.',
  fields: (t) => ({
    id: t.id({
      description:
        'A globally unique id for client caches, with the prefix def_. The query node does not accept it.',
      resolve: ({ name }) => `def_${name}`,
    }),
    type: t.expose('name', { type: EventType, description: 'The name in this API.' }),
    name: t.exposeString('name', {
      description: 'The name in payloads, in lower case: the value of "event".',
    }),
    description: t.exposeString('description', { description: 'When it is triggered.' }),
    schema: t.field({
      type: 'JSON',
      description:
        'The JSON Schema (2020-12) of "data". Other fields are allowed too, and can be added without notice.',
      resolve: jsonSchema,
    }),
    example: t.field({
      type: 'JSON',
      description: 'A complete example payload. Test sends contain its data and relations.',
      resolve: ({ example }) => example,
    }),
  }),
})

builder.queryField('eventDefinitions', (t) =>
  t.field({
    type: [EventDefinition],
    description: 'Returns the catalog of event types, always in the same order. Requires no scope.',
    resolve: () => catalogue,
  }),
)
