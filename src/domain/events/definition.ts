import { z } from 'zod'
import { completeRelations, type Relations } from './relations.ts'

/** The parsed body of a delivery. Its keys are sent in this order. */
export interface Payload<Name extends string, Data> {
  event: Name
  data: Data
  relations: Relations
  /** The id of the destination. */
  webhook_id: string
  /** When the event happened: RFC 3339, UTC, milliseconds. */
  timestamp: string
}

export interface EventDefinition<
  Name extends string = string,
  Schema extends z.ZodObject = z.ZodObject,
> {
  /** The wire name in lower snake case: the value of `event` in the payload. */
  readonly name: Name
  /** When the event is triggered. Shown to users. */
  readonly description: string
  /** The schema of `data`. Unknown fields are allowed. */
  readonly schema: Schema
  readonly example: Payload<Name, z.infer<Schema>>
}

interface Outline<Name extends string, Schema extends z.ZodObject> {
  name: Name
  description: string
  schema: Schema
  example: { data: z.infer<Schema>; relations: Partial<Relations>; timestamp: string }
}

/** Creates a definition, and completes its example to a whole payload. */
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

/** Returns the JSON Schema (2020-12) of the `data` of an event. It allows unknown fields. */
export function jsonSchema(definition: EventDefinition): Record<string, unknown> {
  return { ...z.toJSONSchema(definition.schema, { io: 'input', target: 'draft-2020-12' }) }
}
