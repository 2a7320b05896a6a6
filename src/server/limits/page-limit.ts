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
import { refusal } from '../errors.ts'

/** Rows that one operation may ask for, over all its lists within lists. */
const ROWS = 20_000

/** What a list within the schema's own description counts as: about what a type has of fields, a field of arguments. */
const DESCRIBED = 5

/** What lists without a "first" count as: about what each of them can be long. */
const LISTS: ReadonlyMap<string, number> = new Map([
  ['Query.nodes', 100],
  ['Query.apiKeys', 1_000],
  ['Delivery.attempts', 6],
  ['Destination.attemptHistogram', 120],
])

/** The fields that can be a megabyte each, and what one counts as: one page of 100 is what an answer may hold. */
const CONTENTS: ReadonlySet<string> = new Set(['Event.data', 'Delivery.payload'])
const CONTENT = 150

const META_FIELDS = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]),
)

/** What a variable counts as: the most that `first` and `last` may be. The document is judged before its values are known. */
const LARGEST_PAGE = 100

/**
 * A validation rule: multiplies the `first` or `last` of pages within pages, defaults included. The document's own
 * cost sees neither a default nor a variable, so four pages deep would come cheap and read 390,000 rows.
 * The lists of introspection count too: it needs no key, and repeated under aliases fills megabytes. So do
 * statements that a list without pages costs, and the contents of events, which are what answers are large by.
 * @param tell hears how many rows each operation asks for
 */
export function pageLimitRule(
  context: ValidationContext,
  tell: (operation: OperationDefinitionNode, rows: number) => void = () => {},
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
    if (CONTENTS.has(coordinate)) return CONTENT
    const definition = META_FIELDS.get(name) ?? (known ? parent.getFields()[name] : undefined)
    const type = definition && getNamedType(definition.type)
    if (!definition || !field.selectionSet || !isCompositeType(type)) return 0
    const size = isIntrospectionType(parent)
      ? describedSize(context.getSchema(), parent, definition)
      : (namedIds(field) ?? LISTS.get(coordinate) ?? pageSize(field, definition))
    const within = rowsOf(field.selectionSet, type)
    return size === null ? within : size * (1 + within)
  }

  function rowsOfFragment(name: string): number {
    const counted = fragments.get(name)
    if (counted !== undefined) return counted
    // One that contains itself is refused by another rule.
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
      tell(operation, rows)
      if (rows > ROWS) context.reportError(tooMany(rows))
    },
  }
}

/** How many ids stand in the query itself; null where they are no list there. */
function namedIds({ arguments: given }: FieldNode): number | null {
  const ids = given?.find(({ name }) => name.value === 'ids')?.value
  return ids?.kind === 'ListValue' ? ids.values.length : null
}

/** Returns how many rows a page may have; null for a field that is no page. */
function pageSize(field: FieldNode, definition: GraphQLField<unknown, unknown>): number | null {
  const first = definition.args.find(({ name }) => name === 'first')
  if (!first) return null
  const argument = (wanted: string) =>
    field.arguments?.find(({ name }) => name.value === wanted)?.value
  const last = argument('last')
  const value = last && last.kind !== 'NullValue' ? last : argument('first')
  if (value?.kind === 'IntValue') return Math.max(1, Number(value.value))
  if (value?.kind === 'Variable') return LARGEST_PAGE
  return typeof first.defaultValue === 'number' ? first.defaultValue : LARGEST_PAGE
}

/** The same within the schema's own description, where lists have no pages. */
function describedSize(
  schema: GraphQLSchema,
  parent: GraphQLCompositeType,
  { name, type }: GraphQLField<unknown, unknown>,
): number | null {
  if (!isListType(getNullableType(type))) return null
  const all = parent.name === '__Schema' && name === 'types'
  return all ? Object.keys(schema.getTypeMap()).length : DESCRIBED
}

const tooMany = (rows: number) =>
  refusal(
    `This asks for up to ${rows} rows, and an operation may ask for ${ROWS}. Ask for smaller pages, or for fewer lists within lists; "first" or "last" as a variable counts as ${LARGEST_PAGE}, the data or payload of an event as ${CONTENT}.`,
    'QUERY_TOO_COMPLEX',
    { status: 400, spec: true },
  )
