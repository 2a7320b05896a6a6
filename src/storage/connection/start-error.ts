import { sqlState } from '../database-fault.ts'
import { StandbyError } from './client.ts'
import { TOO_MANY_CONNECTIONS } from './pool.ts'
import { parseDatabaseUrl } from './url.ts'

/** SQLSTATE of a missing privilege. */
const INSUFFICIENT_PRIVILEGE = '42501'

/** SQLSTATEs of a refused connection: authentication, unknown database, not accepting, protocol. */
const CONNECTION_REFUSED = /^(28...|3D000|55000|57P03|08...)$/

/** Error codes and messages of Node and pg for a failed TLS connection. */
const TLS_FAULT = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/

/**
 * Returns a sentence that explains why the database cannot be used at the start, and what to change.
 * @returns null for any other error
 */
export function explainDatabaseError(error: unknown, url: string): string | null {
  if (!(error instanceof Error)) return null
  const { message } = error
  const state = sqlState(error)
  if (error instanceof StandbyError) {
    return `The database cannot be used: ${message}. Start the primary, or add its host to DATABASE_URL.`
  }
  if (state === INSUFFICIENT_PRIVILEGE) return explainMissingRight(message, url)
  if (state === TOO_MANY_CONNECTIONS) {
    return `The database has no connection left for this process: ${message}. Raise max_connections or the CONNECTION LIMIT of the role or database, or lower DATABASE_POOL of the processes: see "Plan connections" in docs/operations.md.`
  }
  const code = 'code' in error ? String(error.code) : ''
  if (state === null && TLS_FAULT.test(`${code} ${message}`)) {
    return `The TLS connection to the database failed: ${message}. Check sslmode and sslrootcert in DATABASE_URL: see "Connect to PostgreSQL" in docs/operations.md.`
  }
  const call = 'syscall' in error ? String(error.syscall) : ''
  const isNetworkFault = /^(connect|getaddrinfo|read)$/.test(call)
  const isTimeout = /timeout expired|connection timeout|[Cc]onnection terminated/.test(message)
  if ((state !== null && CONNECTION_REFUSED.test(state)) || isNetworkFault || isTimeout) {
    return `The database cannot be reached: ${message}. Check DATABASE_URL.`
  }
  return null
}

/** The server names the first missing privilege. Granting all of them at once saves further attempts. */
function explainMissingRight(message: string, url: string): string {
  const { bossSchema, database, schema, user } = parseDatabaseUrl(url)
  const role = `"${user ?? 'the role of DATABASE_URL'}"`
  return (
    `The database role ${role} lacks a right: ${message}. As the owner of the database run: ` +
    `GRANT CONNECT, CREATE ON DATABASE "${database ?? user}" TO ${role}; GRANT USAGE, CREATE ON SCHEMA "${schema}" TO ${role}; ` +
    `and when another role made the tables in "${schema}" and "${bossSchema}": REASSIGN OWNED BY that role TO ${role}.`
  )
}
