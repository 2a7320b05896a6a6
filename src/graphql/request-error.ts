import { type ASTNode, GraphQLError } from 'graphql'

/**
 * Answers that stand at the top of the response, in `errors`, because no result union has a place for
 * them. Their `extensions.code` is part of the API.
 */
export type ErrorCode = 'UNAUTHENTICATED' | 'FORBIDDEN' | 'BAD_USER_INPUT' | 'INTERNAL_SERVER_ERROR'

function requestError(code: ErrorCode, message: string, node?: ASTNode): GraphQLError {
  return new GraphQLError(message, { nodes: node ?? null, extensions: { code } })
}

export const unauthenticated = () =>
  requestError(
    'UNAUTHENTICATED',
    'This needs an API key. Send it as "Authorization: Bearer bmk_…"; over a WebSocket, as connectionParams.authorization.',
  )

/**
 * @param scope what the sender would have to have
 * @param sentAs what the sender came with
 */
export const forbidden = (scope: string, sentAs: 'key' | 'token') =>
  requestError('FORBIDDEN', `This ${sentAs} lacks the scope ${scope}. Use a ${sentAs} that has it.`)

/**
 * @param message what was expected, as a sentence that tells what to do
 * @param node where in the document, for a literal: it is judged before anything runs that would know
 */
export const badUserInput = (message: string, node?: ASTNode) =>
  requestError('BAD_USER_INPUT', message, node)

/** @param message what the caller may know of it */
export const internalError = (message: string) => requestError('INTERNAL_SERVER_ERROR', message)
