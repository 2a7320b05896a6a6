import { type EventDefinition as Definition, jsonSchema } from '../../domain/events/definition.ts'
import { catalogue, type EventName } from '../../domain/events/index.ts'
import { builder } from '../builder.ts'
import { EventType } from './event-type.ts'

const EventDefinition = builder.objectRef<Definition<EventName>>('EventDefinition').implement({
  description: 'One kind of event in the catalogue: when it is triggered and what it carries.',
  fields: (t) => ({
    id: t.id({
      description:
        'Its id, beginning with def_: unique everywhere, for caches. It cannot be asked for through node.',
      resolve: ({ name }) => `def_${name}`,
    }),
    type: t.expose('name', { type: EventType, description: 'Its name in this API.' }),
    name: t.exposeString('name', {
      description: 'Its wire name, in lower case: what the payload says in "event".',
    }),
    description: t.exposeString('description', { description: 'When it is triggered.' }),
    schema: t.field({
      type: 'JSON',
      description:
        'JSON Schema (2020-12) of "data". Fields that it does not name are allowed, and may be added without notice.',
      resolve: jsonSchema,
    }),
    example: t.field({
      type: 'JSON',
      description: 'One whole payload as it is delivered. Test sends carry its data and relations.',
      resolve: ({ example }) => example,
    }),
  }),
})

builder.queryField('eventDefinitions', (t) =>
  t.field({
    type: [EventDefinition],
    description:
      'The catalogue: every kind of event there is, always in the same order. Needs no scope.',
    resolve: () => catalogue,
  }),
)
