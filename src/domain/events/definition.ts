import { z } from 'zod'
import { completeRelations, type Relations } from './relations.ts'

/** One delivery as the receiver parses it. The keys are sent in this order. */
export interface Payload<Name extends string, Data> {
  event: Name
  data: Data
  relations: Relations
  /** Id of the destination that it was sent to. */
  webhook_id: string
  /** When the event happened: RFC 3339, UTC, milliseconds. */
  timestamp: string
}

export interface EventDefinition<
  Name extends string = string,
  Schema extends z.ZodObject = z.ZodObject,
> {
  /** The wire name, lower snake case: what the payload says in `event`. */
  readonly name: Name
  /** When the event is triggered, for people. */
  readonly description: string
  /** What `data` must look like. Fields that it does not name are allowed. */
  readonly schema: Schema
  readonly example: Payload<Name, z.infer<Schema>>
}

interface Outline<Name extends string, Schema extends z.ZodObject> {
  name: Name
  description: string
  schema: Schema
  example: { data: z.infer<Schema>; relations: Partial<Relations>; timestamp: string }
}

/** Makes a definition, completing its example to a whole payload. */
export function defineEvent<const Name extends string, Schema extends z.ZodObject>(
  outline: Outline<Name, Schema>,
): EventDefinition<Name, Schema> {
  const { name, description, schema, example } = outline
  return {
    name,
    description,
    schema,
    example: {
      event: name,
      data: example.data,
      relations: completeRelations(example.relations),
      webhook_id: 'whk_def456',
      timestamp: example.timestamp,
    },
  }
}

/** The JSON Schema (2020-12) of an event's `data`; it allows fields that it does not name. */
export function jsonSchema(definition: EventDefinition): Record<string, unknown> {
  return { ...z.toJSONSchema(definition.schema, { io: 'input', target: 'draft-2020-12' }) }
}
