/** Whether pg's `query_timeout` ended a query. The connection must be closed: a rollback would wait as long again. */
export const isQueryTimeout = (error: unknown): error is Error =>
  error instanceof Error && error.message === 'Query read timeout'

/** Classes of SQLSTATE of transient errors: connection, rollback, resources, object state, operator, system. */
const TRANSIENT_CLASSES = new Set(['08', '25', '40', '53', '55', '57', '58'])

/** Prisma's error codes for a server that is unreachable, timed out or closed the connection. */
const PRISMA_CONNECTION_CODES = new Set(['P1001', 'P1002', 'P1008', 'P1017'])

/**
 * Whether the same call may succeed later; see `Database`. Connection errors have no SQLSTATE: they are error codes of the
 * operating system or of Prisma, or errors of pg with a message alone.
 */
export function isTransient(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== null) return TRANSIENT_CLASSES.has(state.slice(0, 2))
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return (
    PRISMA_CONNECTION_CODES.has(code) ||
    /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|[Cc]onnection|timeout/.test(
      `${code} ${error.message}`,
    )
  )
}

/** Returns the SQLSTATE of an error of pg or Prisma; null when PostgreSQL did not raise it. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const { code, meta } = error as Error & {
    code?: unknown
    meta?: { driverAdapterError?: { cause?: { originalCode?: unknown } } }
  }
  const state = meta?.driverAdapterError ? meta.driverAdapterError.cause?.originalCode : code
  return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) && !/^P[12]/.test(state)
    ? state
    : null
}
