import { type DestinationStream, pino } from 'pino'
import type { Metrics } from './metrics.ts'
import { standardOutput } from './standard-output.ts'

/** Writes structured log entries: fields, then a message. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * Creates a logger that writes one JSON line for each entry, by default to standard output. Fields that may hold a secret
 * are censored. Logging never throws; see `standardOutput` for lines that cannot be written.
 */
export function createLogger(
  level: LogLevel,
  destination: DestinationStream = standardOutput(),
): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        'authorization',
        'secret',
        'headers.authorization',
        '*.authorization',
        '*.secret',
        // PostgreSQL quotes the row that violated a constraint, for example a customer's event.
        'err.detail',
        'err.where',
      ],
      censor: '[left out]',
    },
  }
  return pino(options, destination)
}

/** Counts warnings and errors in the metrics, so that an alert can watch them. */
export function countLogLines(log: Logger, metrics: Metrics): Logger {
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn(fields, message) {
      metrics.logged('warn')
      log.warn(fields, message)
    },
    error(fields, message) {
      metrics.logged('error')
      log.error(fields, message)
    },
  }
}
