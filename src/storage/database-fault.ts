/** pg's word for `query_timeout`. Such a connection is given up: a rollback would be waited for as long again. */
export const isQueryTimeout = (error: unknown): error is Error =>
  error instanceof Error && error.message === 'Query read timeout'

/** Classes of SQLSTATE that time mends: connection, rollback, resources, not in a fit state, operator, system. */
const PASSING = new Set(['08', '25', '40', '53', '55', '57', '58'])

/** Prisma's words for a server that it did not reach, or lost, or that took too long. */
const UNREACHED = new Set(['P1001', 'P1002', 'P1008', 'P1017'])

/**
 * Whether time mends it; see `Database`. Connection faults come without a SQLSTATE, as codes of the operating
 * system, as Prisma's or as plain errors of pg.
 */
export function isTransient(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== null) return PASSING.has(state.slice(0, 2))
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return (
    UNREACHED.has(code) ||
    /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|[Cc]onnection|timeout/.test(
      `${code} ${error.message}`,
    )
  )
}

/** What PostgreSQL called it, whether pg or Prisma tells; null when it did not come from there. */
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
