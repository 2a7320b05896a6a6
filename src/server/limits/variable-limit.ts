import {
  type DocumentNode,
  type ExecutionArgs,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { refusal } from '../errors.ts'

/** Characters of JSON of all variables, each as often as the operation uses it. Twice what a request can contain. */
const MAX_USED_CHARACTERS = 2_000_000

/** Characters of the request of a subscription, which the transports keep in memory until it ends. */
const MAX_SUBSCRIPTION_CHARACTERS = 50_000

type Operation = {
  args: Pick<ExecutionArgs, 'contextValue' | 'document' | 'operationName' | 'variableValues'>
  setResultAndStopExecution(result: { errors: ReturnType<typeof refusal>[] }): void
}

/**
 * Removes variables that the operation does not declare, and refuses an operation that uses a large variable so often that
 * its input would not fit into memory. The limits of documents do not know the values of variables.
 */
export const limitVariables: Plugin = {
  onExecute: limit as NonNullable<Plugin['onExecute']>,
  onSubscribe: limit as NonNullable<Plugin['onSubscribe']>,
}

function limit({ args, setResultAndStopExecution }: Operation): void {
  const { document, variableValues: variables } = args
  const operation = getOperationAST(document, args.operationName)
  if (!operation) return
  const length = operation.operation === 'subscription' ? lengthOfRequest(args) : 0
  if (variables) removeUndeclared(operation, variables)
  const problem =
    length > MAX_SUBSCRIPTION_CHARACTERS
      ? `The request of a subscription has ${length} characters; at most ${MAX_SUBSCRIPTION_CHARACTERS} are permitted. Select fewer fields, or filter by fewer values.`
      : variables && findOveruse(document, operation, variables)
  if (problem) {
    const errors = [refusal(problem, 'QUERY_TOO_COMPLEX', { status: 400, spec: true })]
    setResultAndStopExecution({ errors })
  }
}

const lengthOfRequest = ({ contextValue }: Operation['args']) =>
  lengthOf((contextValue as { params?: unknown }).params)

/** Deletes from the object itself, because transports keep it while the operation runs. */
function removeUndeclared(
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Record<string, unknown>,
): void {
  const declared = new Set(variableDefinitions.map(({ variable }) => variable.name.value))
  for (const name of Object.keys(variables)) if (!declared.has(name)) delete variables[name]
}

function findOveruse(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): string | null {
  const names = Object.keys(variables)
  if (names.length === 0) return null
  const uses = countUses(document, operation)
  // The request itself limits variables that are used once.
  if (names.every((name) => (uses.get(name) ?? 0) <= 1)) return null
  const used = names.reduce(
    (sum, name) => sum + (uses.get(name) ?? 0) * lengthOf(variables[name]),
    0,
  )
  if (used <= MAX_USED_CHARACTERS) return null
  return `The operation uses its variables so often that they would have ${used} characters of JSON; at most ${MAX_USED_CHARACTERS} are permitted. Send several operations.`
}

const lengthOf = (value: unknown) => JSON.stringify(value)?.length ?? 0

/** Counts how often an operation uses each variable, in fragments as often as they are spread. */
function countUses(
  document: DocumentNode,
  operation: OperationDefinitionNode,
): ReadonlyMap<string, number> {
  const fragments = new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  )
  const counted = new Map<string, ReadonlyMap<string, number>>()

  /** Validation has refused fragments that spread each other in a circle. */
  function usesOfFragment(name: string): ReadonlyMap<string, number> {
    const known = counted.get(name)
    if (known) return known
    const fragment = fragments.get(name)
    const uses = fragment ? usesIn(fragment) : new Map<string, number>()
    counted.set(name, uses)
    return uses
  }

  function usesIn(root: Parameters<typeof visit>[0]): Map<string, number> {
    const uses = new Map<string, number>()
    const add = (name: string, count: number) => uses.set(name, (uses.get(name) ?? 0) + count)
    visit(root, {
      VariableDefinition: () => false,
      Variable: ({ name }) => void add(name.value, 1),
      FragmentSpread: ({ name }) => {
        for (const [used, count] of usesOfFragment(name.value)) add(used, count)
      },
    })
    return uses
  }

  return usesIn(operation)
}
