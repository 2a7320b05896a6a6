import { type Config, ConfigError } from '../config/config.ts'
import { TrustedDocumentsError } from '../server/documents/trusted-documents.ts'
import { DatabaseServerError } from '../storage/connection/server.ts'
import { explainDatabaseError } from '../storage/connection/start-error.ts'
import { EmbeddedPostgresError } from '../storage/embedded-postgres/embedded-postgres-error.ts'
import { MigrationError } from '../storage/migrations/migrations.ts'
import { LocalFileError } from './local-files.ts'

/** System errors of a folder that cannot be used. */
const FOLDER_CODES = new Set([
  'EACCES',
  'EEXIST',
  'ENOENT',
  'ENOTDIR',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
])

/** Exit codes of a failed start, by kind, as in sysexits.h. */
export const EXIT_CODES = {
  /** The database cannot be reached or used. A later start may succeed. */
  database: 69,
  /** A bug in this program. */
  internal: 70,
  /** The address cannot be listened on. */
  address: 71,
  /** DATA_DIR cannot be used. */
  folder: 73,
  /** A setting is invalid. Starting again without a change fails as well. */
  configuration: 78,
} as const

/** Why a start failed, for the operator. */
export interface StartupFailure {
  /** What is wrong and what to do, without a stack trace. */
  sentence: string
  exitCode: number
}

/** Explains a failed start. `config` is null when the configuration could not be read. */
export function explainStartupError(error: unknown, config: Config | null): StartupFailure {
  const [kind, sentence] = explain(error, config) ?? ['internal', internalFault(error)]
  return { sentence, exitCode: EXIT_CODES[kind] }
}

const internalFault = (error: unknown) =>
  `The service could not start: ${error instanceof Error ? error.message : String(error)}. This is a bug in the service: ` +
  'report it with the last line of its log.'

type Kind = keyof typeof EXIT_CODES

function explain(error: unknown, config: Config | null): [Kind, string] | null {
  if (error instanceof ConfigError || error instanceof TrustedDocumentsError) {
    return ['configuration', error.message]
  }
  if (error instanceof EmbeddedPostgresError || error instanceof LocalFileError) {
    return ['folder', error.message]
  }
  if (error instanceof MigrationError || error instanceof DatabaseServerError) {
    return ['database', error.message]
  }
  if (!(error instanceof Error) || config === null) return null
  return explainSystemError(error, config)
}

function explainSystemError(error: Error, config: Config): [Kind, string] | null {
  const { host, port, dataDir, databaseUrl } = config
  const code = 'code' in error ? String(error.code) : ''
  const call = 'syscall' in error ? String(error.syscall) : ''
  if (code === 'EADDRINUSE') {
    return [
      'address',
      `Port ${port} of ${host} is in use. Set PORT to another port, or stop the program that uses it.`,
    ]
  }
  if (code === 'EACCES' && call === 'listen') {
    return ['address', `This user may not listen on port ${port}. Set PORT to 1024 or above.`]
  }
  if (code === 'EADDRNOTAVAIL' || (call === 'getaddrinfo' && error.message.includes(host))) {
    return [
      'address',
      `${host} is not an address of this machine. Set HOST to one of its addresses, such as 127.0.0.1 or 0.0.0.0.`,
    ]
  }
  const explained = databaseUrl === null ? null : explainDatabaseError(error, databaseUrl)
  if (explained) return ['database', explained]
  if (FOLDER_CODES.has(code)) {
    return [
      'folder',
      `${dataDir} cannot be used: ${error.message}. Set DATA_DIR to another folder.`,
    ]
  }
  return null
}
