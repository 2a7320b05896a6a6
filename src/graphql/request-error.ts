import { type ASTNode, GraphQLError } from 'graphql'

/** Every value of `extensions.code` in the top-level `errors` of a response. The codes are part of the API. */
export const ERROR_CODES = [
  /** No API key or token, or one that is not valid. */
  'UNAUTHENTICATED',
  /** The key or token lacks a scope. */
  'FORBIDDEN',
  /** A variable, an argument or the request itself is not valid. */
  'BAD_USER_INPUT',
  /** The document is not valid GraphQL, or does not match the schema. */
  'GRAPHQL_VALIDATION_FAILED',
  /** The document is too large, or selects too much. */
  'QUERY_TOO_COMPLEX',
  /** A limit on requests, connections or operations is reached. */
  'RATE_LIMITED',
  /** The server does not have the document with this hash. The client sends its text. */
  'PERSISTED_QUERY_NOT_FOUND',
  /** The request for a persisted query has an unknown version. */
  'PERSISTED_QUERY_NOT_SUPPORTED',
  /** A fault of the service. `extensions.requestId` identifies it in the log. */
  'INTERNAL_SERVER_ERROR',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** @param extensions as the client gets them, beside the code; `http` is read by the server and not sent */
export const requestError = (
  code: ErrorCode,
  message: string,
  { node, ...extensions }: { node?: ASTNode | undefined } & Record<string, unknown> = {},
): GraphQLError =>
  new GraphQLError(message, { nodes: node ?? null, extensions: { code, ...extensions } })

export const unauthenticated = () =>
  requestError(
    'UNAUTHENTICATED',
    'An API key is required. Send it as "Authorization: Bearer bmk_…"; over a WebSocket, as connectionParams.authorization.',
  )

/** @param scope the missing scope, or several joined by " and " */
export const forbidden = (scope: string, credential: 'key' | 'token') =>
  requestError(
    'FORBIDDEN',
    `This ${credential} lacks the scope ${scope}. Use a ${credential} that has it.`,
  )

/**
 * @param message says what is expected and what to do
 * @param node the literal in the document; null for a variable
 */
export const badUserInput = (message: string, node?: ASTNode) =>
  requestError('BAD_USER_INPUT', message, { node })
