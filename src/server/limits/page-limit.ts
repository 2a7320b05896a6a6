import {
  type ASTVisitor,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  type ValidationContext,
} from 'graphql'
import { API_KEY_LIMIT } from '../../domain/api-key.ts'
import { MAX_ATTEMPTS } from '../../domain/backoff.ts'
import { MAX_BUCKETS } from '../../graphql/destination/attempt-histogram.ts'
import { MAX_NODE_IDS } from '../../graphql/node.ts'
import { MAX_PAGE_SIZE } from '../../graphql/pagination.ts'
import { refusal } from '../errors.ts'

/** Rows that one operation can select, in all nested lists together. */
const MAX_ROWS = 20_000

/** The assumed length of a list of introspection, such as the fields of a type. */
const INTROSPECTION_LIST_SIZE = 5

/** The assumed lengths of lists without pages. */
const LISTS: ReadonlyMap<string, number> = new Map([
  ['Query.nodes', MAX_NODE_IDS],
  ['Query.apiKeys', API_KEY_LIMIT],
  ['Delivery.attempts', MAX_ATTEMPTS],
  ['Destination.attemptHistogram', MAX_BUCKETS],
])

/** Fields of up to a megabyte, and the rows that one counts as. An operation can select them on one full page. */
const LARGE_FIELDS: ReadonlySet<string> = new Set(['Event.data', 'Delivery.payload'])
const ROWS_PER_LARGE_FIELD = 150

const META_FIELDS = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]),
)

/**
 * Returns a validation rule that limits the rows of an operation: the product of the sizes of nested lists. The cost limit
 * of the document does not know default sizes, variables, lists without pages and large fields. Lists of introspection
 * count too, because introspection needs no key. A variable counts as the largest page, because validation does not know
 * its value.
 * @param report is called with the rows of each operation
 */
export function pageLimitRule(
  context: ValidationContext,
  report: (operation: OperationDefinitionNode, rows: number) => void = () => {},
): ASTVisitor {
  const fragments = new Map<string, number>()

  function rowsOf({ selections }: SelectionSetNode, parent: GraphQLCompositeType): number {
    let rows = 0
    for (const selection of selections) {
      if (selection.kind === 'Field') rows += rowsOfField(selection, parent)
      else if (selection.kind === 'FragmentSpread') rows += rowsOfFragment(selection.name.value)
      else rows += rowsOf(selection.selectionSet, conditionOf(selection) ?? parent)
    }
    return rows
  }

  function rowsOfField(field: FieldNode, parent: GraphQLCompositeType): number {
    const known = isObjectType(parent) || isInterfaceType(parent)
    const { value: name } = field.name
    const coordinate = `${parent.name}.${name}`
    if (LARGE_FIELDS.has(coordinate)) return ROWS_PER_LARGE_FIELD
    const definition = META_FIELDS.get(name) ?? (known ? parent.getFields()[name] : undefined)
    const type = definition && getNamedType(definition.type)
    if (!definition || !field.selectionSet || !isCompositeType(type)) return 0
    const size = isIntrospectionType(parent)
      ? introspectionSize(context.getSchema(), parent, definition)
      : (namedIds(field) ?? LISTS.get(coordinate) ?? pageSize(field, definition))
    const within = rowsOf(field.selectionSet, type)
    return size === null ? within : size * (1 + within)
  }

  function rowsOfFragment(name: string): number {
    const counted = fragments.get(name)
    if (counted !== undefined) return counted
    // Another rule refuses fragments that contain themselves.
    fragments.set(name, 0)
    const fragment = context.getFragment(name)
    const type = fragment && conditionOf(fragment)
    const rows = fragment && type ? rowsOf(fragment.selectionSet, type) : 0
    fragments.set(name, rows)
    return rows
  }

  function conditionOf(node: { typeCondition?: { name: { value: string } } | undefined }) {
    const type = node.typeCondition && context.getSchema().getType(node.typeCondition.name.value)
    return isCompositeType(type) ? type : null
  }

  return {
    OperationDefinition(operation) {
      const root = context.getSchema().getRootType(operation.operation)
      const rows = root ? rowsOf(operation.selectionSet, root) : 0
      report(operation, rows)
      if (rows > MAX_ROWS) context.reportError(tooMany(rows))
    },
  }
}

/** Returns the number of ids in a literal list. Null for a variable, and for fields without ids. */
function namedIds({ arguments: given }: FieldNode): number | null {
  const ids = given?.find(({ name }) => name.value === 'ids')?.value
  return ids?.kind === 'ListValue' ? ids.values.length : null
}

/** Returns the maximum number of items of a page. Null for a field without pages. */
function pageSize(field: FieldNode, definition: GraphQLField<unknown, unknown>): number | null {
  const first = definition.args.find(({ name }) => name === 'first')
  if (!first) return null
  const argument = (wanted: string) =>
    field.arguments?.find(({ name }) => name.value === wanted)?.value
  const last = argument('last')
  const value = last && last.kind !== 'NullValue' ? last : argument('first')
  if (value?.kind === 'IntValue') return Math.max(1, Number(value.value))
  if (value?.kind === 'Variable') return MAX_PAGE_SIZE
  return typeof first.defaultValue === 'number' ? first.defaultValue : MAX_PAGE_SIZE
}

/** Returns the assumed length of a list of introspection. Null for a field that is not a list. */
function introspectionSize(
  schema: GraphQLSchema,
  parent: GraphQLCompositeType,
  { name, type }: GraphQLField<unknown, unknown>,
): number | null {
  if (!isListType(getNullableType(type))) return null
  const all = parent.name === '__Schema' && name === 'types'
  return all ? Object.keys(schema.getTypeMap()).length : INTROSPECTION_LIST_SIZE
}

const tooMany = (rows: number) =>
  refusal(
    `The operation can return ${rows} rows, and the maximum is ${MAX_ROWS}. Request smaller pages, or fewer nested lists. "first" or "last" as a variable counts as ${MAX_PAGE_SIZE} rows, the data or payload of an event as ${ROWS_PER_LARGE_FIELD}.`,
    'QUERY_TOO_COMPLEX',
    { status: 400, spec: true },
  )
