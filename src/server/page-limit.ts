import {
  type ASTVisitor,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'
import { refusal } from './errors.ts'

/** Rows that one operation may ask for, over all its lists within lists. */
const ROWS = 20_000

/** What a variable counts as: the most that `first` may be. The document is judged before its values are known. */
const LARGEST_PAGE = 100

/**
 * A validation rule: multiplies the `first` of pages within pages, defaults included. The document's own
 * cost sees neither a default nor a variable, so four pages deep would come cheap and read 390,000 rows.
 */
export function pageLimitRule(context: ValidationContext): ASTVisitor {
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
    const definition = known ? parent.getFields()[field.name.value] : undefined
    const type = definition && getNamedType(definition.type)
    if (!definition || !field.selectionSet || !isCompositeType(type)) return 0
    const size = pageSize(field, definition)
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
      if (rows > ROWS) context.reportError(tooMany(rows))
    },
  }
}

/** Null for a field that is no page. */
function pageSize(field: FieldNode, definition: GraphQLField<unknown, unknown>): number | null {
  const first = definition.args.find(({ name }) => name === 'first')
  if (!first) return null
  const value = field.arguments?.find(({ name }) => name.value === 'first')?.value
  if (value?.kind === 'IntValue') return Math.max(1, Number(value.value))
  if (value?.kind === 'Variable') return LARGEST_PAGE
  return typeof first.defaultValue === 'number' ? first.defaultValue : LARGEST_PAGE
}

const tooMany = (rows: number) =>
  refusal(
    `This asks for up to ${rows} rows, and an operation may ask for ${ROWS}. Ask for smaller pages, or for fewer lists within lists; "first" as a variable counts as ${LARGEST_PAGE}.`,
    'QUERY_TOO_COMPLEX',
    { status: 400, spec: true },
  )
