import { GraphQLError } from 'graphql'

/**
 * Answers that stand at the top of the response, in `errors`, because no result union has a place for
 * them. Their `extensions.code` is part of the API.
 */
export type ErrorCode = 'UNAUTHENTICATED' | 'FORBIDDEN' | 'BAD_USER_INPUT' | 'INTERNAL_SERVER_ERROR'

function requestError(code: ErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

export const unauthenticated = () =>
  requestError(
    'UNAUTHENTICATED',
    'This needs an API key. Send it as "Authorization: Bearer bmk_…"; over a WebSocket, as connectionParams.authorization.',
  )

/** @param scope what the key would have to have */
export const forbidden = (scope: string) =>
  requestError('FORBIDDEN', `This key lacks the scope ${scope}. Use a key that has it.`)

/** @param message what was expected, as a sentence that tells what to do */
export const badUserInput = (message: string) => requestError('BAD_USER_INPUT', message)

/** @param message what the caller may know of it */
export const internalError = (message: string) => requestError('INTERNAL_SERVER_ERROR', message)
