import type { Logger } from '../../src/telemetry/logger.ts'

/** Discards every line. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }
