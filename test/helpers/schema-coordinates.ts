import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from 'graphql'

type Field = GraphQLField<unknown, unknown>

/** Every field of every object type, under `Type.field`. */
export function fieldsOf(schema: GraphQLSchema): Map<string, Field> {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType)
  return new Map(
    types
      .filter((type) => !isIntrospectionType(type))
      .flatMap((type) =>
        Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field]),
      ),
  )
}

/** Where an id can be put in: `Type.field(argument:)`, also within inputs; cursors are ids as well. */
export function idArguments(schema: GraphQLSchema): string[] {
  return [...fieldsOf(schema)].flatMap(([coordinate, { args }]) =>
    args
      .filter(({ name, type }) => name === 'after' || holdsId(type, new Set()))
      .map(({ name }) => `${coordinate}(${name}:)`),
  )
}

function holdsId(type: GraphQLInputType, seen: Set<unknown>): boolean {
  const named = getNamedType(type)
  if (named.name === 'ID') return true
  if (!isInputObjectType(named) || seen.has(named)) return false
  seen.add(named)
  return Object.values(named.getFields()).some((field) => holdsId(field.type, seen))
}

/** Fields that lead to something with an id of its own: `Type.field`. */
export function leadingFields(schema: GraphQLSchema): string[] {
  return [...fieldsOf(schema)].flatMap(([coordinate, field]) => {
    const type = getNamedType(field.type)
    const hasId =
      (isObjectType(type) || isInterfaceType(type)) &&
      (type.name === 'Node' || type.getInterfaces().some(({ name }) => name === 'Node'))
    return hasId ? [coordinate] : []
  })
}
