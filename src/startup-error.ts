import { DatabaseServerError } from './adapters/database-server.ts'
import { EmbeddedPostgresError } from './adapters/embedded-postgres-error.ts'
import { MigrationError } from './adapters/migrations.ts'
import { type Config, ConfigError } from './config.ts'
import { TrustedDocumentsError } from './server/trusted-documents.ts'

/** What the system says when a folder cannot be used. */
const FOLDER = new Set(['EACCES', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EPERM', 'EROFS'])

/** SQLSTATEs of a database that does not let us in: wrong user, wrong password, no such database. */
const DATABASE = /^(28...|3D000)$/

/**
 * Says in a sentence what an operator can mend about a start that failed.
 * @returns null for what is a bug of ours, and deserves its trace
 */
export function explainStartupError(error: unknown, config: Config | null): string | null {
  if (error instanceof ConfigError) return error.message
  if (
    error instanceof EmbeddedPostgresError ||
    error instanceof MigrationError ||
    error instanceof DatabaseServerError ||
    error instanceof TrustedDocumentsError
  ) {
    return error.message
  }
  if (!(error instanceof Error) || config === null || !('code' in error)) return null
  const code = String(error.code)
  const { host, port, dataDir } = config
  const call = 'syscall' in error ? String(error.syscall) : ''
  if (code === 'EADDRINUSE') {
    return `Port ${port} of ${host} is in use. Set PORT to another one, or stop what uses it.`
  }
  if (code === 'EADDRNOTAVAIL' || (call === 'getaddrinfo' && error.message.includes(host))) {
    return `${host} is no address of this machine. Set HOST to one that is, such as 127.0.0.1 or 0.0.0.0.`
  }
  if (
    config.databaseUrl !== null &&
    (DATABASE.test(code) || /^(connect|getaddrinfo)$/.test(call))
  ) {
    return `The database cannot be reached: ${error.message}. Check DATABASE_URL.`
  }
  if (FOLDER.has(code))
    return `${dataDir} cannot be used: ${error.message}. Set DATA_DIR to a folder that can.`
  return null
}
