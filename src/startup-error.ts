import { DatabaseServerError } from './adapters/database-server.ts'
import { explainDatabaseError } from './adapters/database-start-error.ts'
import { EmbeddedPostgresError } from './adapters/embedded-postgres-error.ts'
import { MigrationError } from './adapters/migrations.ts'
import { type Config, ConfigError } from './config.ts'
import { TrustedDocumentsError } from './server/trusted-documents.ts'

/** What the system says when a folder cannot be used. */
const FOLDER = new Set(['EACCES', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EPERM', 'EROFS'])

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
  if (!(error instanceof Error) || config === null) return null
  const code = 'code' in error ? String(error.code) : ''
  const { host, port, dataDir, databaseUrl } = config
  const call = 'syscall' in error ? String(error.syscall) : ''
  if (code === 'EADDRINUSE') {
    return `Port ${port} of ${host} is in use. Set PORT to another one, or stop what uses it.`
  }
  if (code === 'EADDRNOTAVAIL' || (call === 'getaddrinfo' && error.message.includes(host))) {
    return `${host} is no address of this machine. Set HOST to one that is, such as 127.0.0.1 or 0.0.0.0.`
  }
  const explained = databaseUrl === null ? null : explainDatabaseError(error, databaseUrl)
  if (explained) return explained
  if (FOLDER.has(code))
    return `${dataDir} cannot be used: ${error.message}. Set DATA_DIR to a folder that can.`
  return null
}
