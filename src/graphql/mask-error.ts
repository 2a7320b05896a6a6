import { GraphQLError } from 'graphql'
import { SecretUnavailableError } from '../domain/errors.ts'
import type { Database } from '../storage/database.ts'
import type { Logger } from '../telemetry/logger.ts'
import { requestError } from './request-error.ts'

/** Returns the error that a client gets for what was thrown while its request was handled. */
export type MaskError = (error: unknown, requestId: string) => GraphQLError

/**
 * Creates the function that hides internal faults from clients. Errors meant for the client pass unchanged: those with a
 * code, and those of GraphQL about the document and its variables. Any other error is logged with the request's id and
 * replaced by INTERNAL_SERVER_ERROR, which contains that id.
 */
export function createMaskError({
  db,
  log,
}: {
  db: Pick<Database, 'isTransient'>
  log: Logger
}): MaskError {
  return (error, requestId) => {
    const cause = causeOf(error)
    if (
      error instanceof GraphQLError &&
      cause instanceof GraphQLError &&
      isForClient(error, cause)
    ) {
      return error
    }
    const located = error instanceof GraphQLError ? error : null
    log.error({ err: cause, requestId, path: located?.path }, 'could not answer an operation')
    const reason = reasonOf(cause, db)
    const { message, extensions } = requestError(
      'INTERNAL_SERVER_ERROR',
      `${reason ? ADVICE[reason] : 'An internal error occurred.'} Quote request ${requestId} if you contact support.`,
      { requestId, ...(reason && { reason }) },
    )
    return new GraphQLError(message, {
      nodes: located?.nodes ?? null,
      path: located?.path ?? null,
      extensions,
    })
  }
}

/** The values of `extensions.reason`, with what the client can do. Failed attempts have a code SECRET_UNAVAILABLE too. */
const ADVICE = {
  SECRET_UNAVAILABLE: 'The signing secret cannot be read. Rotate it to get a new one.',
  UNAVAILABLE:
    'The service is temporarily unavailable. Try again in a few seconds; an event with an idempotency key is not published twice.',
}

function reasonOf(
  cause: unknown,
  db: Pick<Database, 'isTransient'>,
): keyof typeof ADVICE | undefined {
  if (cause instanceof SecretUnavailableError) return 'SECRET_UNAVAILABLE'
  return db.isTransient(cause) ? 'UNAVAILABLE' : undefined
}

/** Returns the original error below those that GraphQL wraps around it. */
function causeOf(error: unknown): unknown {
  let cause = error
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError
  return cause
}

/** An error without a path was raised before execution. An argument without its value has a path, and no code. */
function isForClient(error: GraphQLError, cause: GraphQLError): boolean {
  return 'code' in error.extensions || !error.path || /^Argument "/.test(cause.message)
}
