import {
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
} from 'graphql'

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

/**
 * A refusal that time mends.
 * @param retryAfterSeconds whole seconds after which it is worth to try again
 */
export const rateLimited = (
  message: string,
  { status, retryAfterSeconds }: { status: 429 | 503; retryAfterSeconds: number },
): GraphQLError =>
  new GraphQLError(message, {
    extensions: {
      code: 'RATE_LIMITED',
      retryAfterSeconds,
      http: { status, headers: { 'retry-after': String(retryAfterSeconds) } },
    },
  })

/** Characters of a message. What GraphQL says repeats what was sent, names and values of any length. */
const LONGEST_MESSAGE = 1_000

/** Errors as clients see them: masked, no longer than anybody reads, and each with a code of the contract. */
export function presentErrors(
  errors: readonly unknown[],
  maskError: (error: unknown) => GraphQLError,
): GraphQLError[] {
  return errors.map((error) => {
    const masked = maskError(error)
    const { code } = masked.extensions
    const known = typeof code === 'string' ? (CODES[code] ?? code) : codeOf(masked)
    const message = shorten(masked.message)
    if (known === code && message === masked.message) return masked
    const { nodes, source, positions, path } = masked
    const { originalError: _, ...rest } = masked.extensions
    return new GraphQLError(message, {
      nodes: nodes ?? null,
      source: source ?? null,
      positions: positions ?? null,
      path: path ?? null,
      extensions: { ...rest, code: known },
    })
  })
}

const shorten = (message: string) =>
  message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message

/** An error as JSON without what only the HTTP side reads. */
export function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...rest } = error.toJSON()
  const { http: _, unexpected: __, ...shown } = extensions ?? {}
  return { ...rest, extensions: shown }
}

/** A result as JSON without what only the HTTP side reads. */
export function formatResult({
  errors,
  extensions,
  ...result
}: ExecutionResult): FormattedExecutionResult {
  const { http: _, ...shown } = extensions ?? {}
  return {
    ...result,
    ...(errors && { errors: errors.map(formatError) }),
    ...(Object.keys(shown).length > 0 && { extensions: shown }),
  }
}

/** GraphQL itself gives no codes: it complains of the document's syntax, else of variables and arguments. */
const codeOf = ({ message }: GraphQLError) =>
  message.startsWith('Syntax Error') ? 'GRAPHQL_VALIDATION_FAILED' : 'BAD_USER_INPUT'
