import { GraphQLError } from 'graphql'
import { SecretUnavailableError } from '../domain/errors.ts'
import type { Database } from '../storage/database.ts'
import type { Logger } from '../telemetry/logger.ts'
import { internalError } from './request-error.ts'

/** @returns what a client may see of whatever was thrown for a request */
export type MaskError = (error: unknown, requestId: string) => GraphQLError

/**
 * Lets pass what was written for the client: our own errors, which have a code, and what GraphQL says of the
 * document and its variables. All else is our fault: it is logged with the request's id, and the client
 * learns no more than the id.
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
    const { message, extensions } = internalError(
      `${reason ? ADVICE[reason] : 'Something went wrong on our side.'} Quote request ${requestId} when you tell us.`,
    )
    return new GraphQLError(message, {
      nodes: located?.nodes ?? null,
      path: located?.path ?? null,
      extensions: { ...extensions, requestId, ...(reason && { reason }) },
    })
  }
}

/** The faults of ours that a client can do something about, and what. A secret's has the name that attempts give it. */
const ADVICE = {
  SECRET_UNAVAILABLE: 'This secret cannot be read at the moment. Rotate it to get a fresh one.',
  UNAVAILABLE:
    'This cannot be done at the moment. Try again in a few seconds; what has an idempotency key is not published twice.',
}

function reasonOf(
  cause: unknown,
  db: Pick<Database, 'isTransient'>,
): keyof typeof ADVICE | undefined {
  if (cause instanceof SecretUnavailableError) return 'SECRET_UNAVAILABLE'
  return db.isTransient(cause) ? 'UNAVAILABLE' : undefined
}

/** What was thrown in the first place, below what GraphQL wraps around it. */
function causeOf(error: unknown): unknown {
  let cause = error
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError
  return cause
}

/**
 * Without a path nothing had run yet, so it is the request that is at fault; so it is for an argument that lacks
 * its value.
 */
function isForClient(error: GraphQLError, cause: GraphQLError): boolean {
  return 'code' in error.extensions || !error.path || /^Argument "/.test(cause.message)
}
