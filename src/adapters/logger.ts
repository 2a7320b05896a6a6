import { type DestinationStream, pino } from 'pino'
import type { Logger } from '../services/ports.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** One JSON line an entry on stdout. Whatever looks like a secret is left out, should it ever get in. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
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
        // Where PostgreSQL tells the row that broke a rule: a customer's event, for example.
        'err.detail',
        'err.where',
      ],
      censor: '[left out]',
    },
  }
  return destination ? pino(options, destination) : pino(options)
}
