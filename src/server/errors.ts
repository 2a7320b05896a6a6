import { GraphQLError, type GraphQLFormattedError } from 'graphql'

/** What the library says in its own words, in the words of our contract. */
const CODES: Record<string, string> = {
  BAD_REQUEST: 'BAD_USER_INPUT',
  GRAPHQL_PARSE_FAILED: 'GRAPHQL_VALIDATION_FAILED',
  OPERATION_RESOLUTION_FAILURE: 'BAD_USER_INPUT',
}

/** A refusal by the server itself, before or instead of a resolver. `spec` keeps application/json at 200. */
export function refusal(
  message: string,
  code: string,
  http: { status: number; spec?: boolean; headers?: Record<string, string> },
): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http } })
}

/** Errors as clients see them: masked, and each with a code of the contract. */
export function presentErrors(
  errors: readonly unknown[],
  maskError: (error: unknown) => GraphQLError,
): GraphQLError[] {
  return errors.map((error) => {
    const masked = maskError(error)
    const { code } = masked.extensions
    const known = typeof code === 'string' ? (CODES[code] ?? code) : codeOf(masked)
    if (known === code) return masked
    const { nodes, source, positions, path } = masked
    const { originalError: _, ...rest } = masked.extensions
    return new GraphQLError(masked.message, {
      nodes: nodes ?? null,
      source: source ?? null,
      positions: positions ?? null,
      path: path ?? null,
      extensions: { ...rest, code: known },
    })
  })
}

/** An error as JSON without what only the HTTP side reads. */
export function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...rest } = error.toJSON()
  const { http: _, unexpected: __, ...shown } = extensions ?? {}
  return { ...rest, extensions: shown }
}

/** GraphQL itself gives no codes: it complains of the document's syntax, else of variables and arguments. */
const codeOf = ({ message }: GraphQLError) =>
  message.startsWith('Syntax Error') ? 'GRAPHQL_VALIDATION_FAILED' : 'BAD_USER_INPUT'
