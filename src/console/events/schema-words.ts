/** The part of JSON Schema that the event catalogue uses. */
export interface JsonSchema {
  type?: string | string[]
  description?: string
  enum?: readonly unknown[]
  properties?: Record<string, JsonSchema>
  required?: readonly string[]
  items?: JsonSchema
  anyOf?: readonly JsonSchema[]
}

/** Describes the type of a value, as in "string or null" and "list of objects". */
export function typeOf(schema: JsonSchema): string {
  if (schema.enum) return either(schema.enum.map((value) => JSON.stringify(value)))
  if (schema.anyOf) return either(schema.anyOf.map(typeOf))
  const types = [schema.type ?? []].flat()
  if (types.length === 0) return 'any value'
  return either(
    types.map((type) => (type === 'array' && schema.items ? listOf(schema.items) : type)),
  )
}

const listOf = (items: JsonSchema) =>
  typeof items.type === 'string' && !items.enum ? `list of ${items.type}s` : 'list'

const either = (words: readonly string[]) =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

/** Returns the schema of a field's nested fields: its own, or that of the items of a list; null if there is none. */
export function nestedSchema(schema: JsonSchema): JsonSchema | null {
  if (schema.properties) return schema
  if (schema.items) return nestedSchema(schema.items)
  for (const option of schema.anyOf ?? []) {
    const found = nestedSchema(option)
    if (found) return found
  }
  return null
}
