import type { ExecutionArgs, GraphQLError } from 'graphql'
import type { Caller } from './caller.ts'
import type { Graphql } from './pipeline.ts'

export interface OperationParams {
  query: string
  /** An empty name counts as none. */
  operationName?: string | null | undefined
  variables?: Record<string, unknown> | null | undefined
}

type Enveloped = ReturnType<Graphql['getEnveloped']>

/** An operation with the functions to run it, which apply the limits of the pipeline. */
export type PreparedOperation = ExecutionArgs & Pick<Enveloped, 'execute' | 'subscribe'>

/** Parses, validates and authenticates an operation. Throws or returns errors, as the pipeline does. */
export async function prepareOperation(
  graphql: Graphql,
  caller: Caller & { params: OperationParams },
): Promise<PreparedOperation | readonly GraphQLError[]> {
  const { contextFactory, execute, parse, schema, subscribe, validate } =
    graphql.getEnveloped(caller)
  const { operationName, query, variables } = caller.params
  const document = parse(query)
  const errors: readonly GraphQLError[] = validate(schema, document)
  if (errors.length > 0) return errors
  return {
    schema,
    document,
    operationName: operationName || null,
    variableValues: variables,
    contextValue: await contextFactory(),
    execute,
    subscribe,
  }
}
