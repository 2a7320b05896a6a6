import {
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
} from 'graphql'
import { type ErrorCode, requestError } from '../graphql/request-error.ts'

/** The codes of GraphQL Yoga that have another name in this API. */
const CODES: Record<string, ErrorCode> = {
  BAD_REQUEST: 'BAD_USER_INPUT',
  GRAPHQL_PARSE_FAILED: 'GRAPHQL_VALIDATION_FAILED',
  OPERATION_RESOLUTION_FAILURE: 'BAD_USER_INPUT',
}

/**
 * Returns the error of an operation that the server refuses before a resolver runs.
 * @param http the status and headers of the response; with `spec`, the status of application/json stays 200
 */
export function refusal(
  message: string,
  code: ErrorCode,
  http: { status: number; spec?: boolean; headers?: Record<string, string> },
): GraphQLError {
  return requestError(code, message, { http })
}

/**
 * Returns the error of an operation that the client can repeat later.
 * @param retryAfterSeconds whole seconds to wait
 */
export const rateLimited = (
  message: string,
  { status, retryAfterSeconds }: { status: 429 | 503; retryAfterSeconds: number },
): GraphQLError =>
  requestError('RATE_LIMITED', message, {
    retryAfterSeconds,
    http: { status, headers: { 'retry-after': String(retryAfterSeconds) } },
  })

/** Returns the body of a response to an invalid HTTP request, which GraphQL clients can read. */
export const badRequestBody = (message: string) => ({
  errors: [{ message, extensions: { code: 'BAD_USER_INPUT' satisfies ErrorCode } }],
})

/** Messages of graphql-js repeat names and values of any length from the request. */
const MAX_MESSAGE_CHARACTERS = 1_000

/** Returns errors as clients get them: masked, with messages of limited length and a code of the API. */
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
  message.length > MAX_MESSAGE_CHARACTERS ? `${message.slice(0, MAX_MESSAGE_CHARACTERS)}…` : message

/** Returns an error as JSON, without the extensions that only the server reads. */
export function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...rest } = error.toJSON()
  const { http: _, unexpected: __, ...shown } = extensions ?? {}
  return { ...rest, extensions: shown }
}

/** Returns a result as JSON, without the extensions that only the server reads. */
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

/** Returns the code for an error of graphql-js, which has none: about syntax, or about variables and arguments. */
const codeOf = ({ message }: GraphQLError): ErrorCode =>
  message.startsWith('Syntax Error') ? 'GRAPHQL_VALIDATION_FAILED' : 'BAD_USER_INPUT'
