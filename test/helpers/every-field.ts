import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'

/** Objects inside one another: from a root field to its own fields, those of what they lead to, and so on. */
const DEPTH = 5

/** For arguments: the id of one object of each type that has ids. */
export type Ids = Readonly<Record<string, string>>

/**
 * Returns a query for each root field and each of its possible types, which selects every field that does not lead back to
 * an enclosing type. Connections have a page size of 1.
 */
export function queriesForEveryField(schema: GraphQLSchema, ids: Ids): string[] {
  const query = schema.getQueryType()!
  return Object.values(query.getFields()).flatMap((field) => {
    const type = getNamedType(field.type)
    if (!isAbstractType(type)) return `{ ${ask(field, [query])} }`
    return schema.getPossibleTypes(type).map((one) => {
      const fragment = `... on ${one.name} ${select(one, [query])}`
      return `{ ${field.name}${fill(field, one.name, ids)} { ${fragment} } }`
    })
  })

  function ask(field: GraphQLField<unknown, unknown>, way: readonly GraphQLNamedType[]): string {
    const type = getNamedType(field.type)
    if (isCompositeType(type) && (way.includes(type) || way.length > DEPTH)) return ''
    return `${field.name}${fill(field, type.name, ids)} ${select(type, way)}`
  }

  function select(type: GraphQLNamedType, way: readonly GraphQLNamedType[]): string {
    if (!isObjectType(type)) return ''
    const fields = Object.values(type.getFields()).map((field) => ask(field, [...way, type]))
    return `{ __typename ${fields.join(' ')} }`
  }
}

function fill(field: GraphQLField<unknown, unknown>, answer: string, ids: Ids): string {
  const values = field.args.flatMap((argument) => {
    const value = argumentValue(argument, answer, ids)
    return value === null ? [] : [`${argument.name}: ${value}`]
  })
  return values.length > 0 ? `(${values.join(', ')})` : ''
}

function argumentValue(argument: GraphQLArgument, answer: string, ids: Ids): string | null {
  if (argument.name === 'first') return '1'
  if (ids[answer] && argument.name === 'id') return JSON.stringify(ids[answer])
  if (ids[answer] && argument.name === 'ids') return JSON.stringify([ids[answer]])
  if (isRequiredArgument(argument))
    throw new Error(`Nothing is known to fill ${argument.name} of ${answer} with.`)
  return null
}

/** The object types that a query can come to. */
export function reachableTypes(schema: GraphQLSchema): Set<string> {
  const reached = new Set<GraphQLNamedType>()
  const visit = (type: GraphQLNamedType) => {
    if (!isCompositeType(type) || reached.has(type)) return
    reached.add(type)
    if (isAbstractType(type)) schema.getPossibleTypes(type).forEach(visit)
    if ('getFields' in type) {
      for (const field of Object.values(type.getFields())) visit(getNamedType(field.type))
    }
  }
  const query = schema.getQueryType()!
  visit(query)
  reached.delete(query)
  return new Set([...reached].filter(isObjectType).map(({ name }) => name))
}

/** Collects every `Type.field` of a response with a value that is not null. */
export function answeredFields(value: unknown, answered = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) answeredFields(item, answered)
  else if (typeof value === 'object' && value !== null) {
    const { __typename: type, ...fields } = value as Record<string, unknown>
    for (const [name, field] of Object.entries(fields)) {
      if (typeof type === 'string' && field !== null) answered.add(`${type}.${name}`)
      answeredFields(field, answered)
    }
  }
  return answered
}
