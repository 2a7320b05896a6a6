import { createHash } from 'node:crypto'
import { ConfigError, loadConfig } from '../../../src/config/config.ts'

/** Returns an entry of ENCRYPTION_KEYS whose key is as good as random, and the same in every run. */
export const key = (name: string) =>
  `${name}:${createHash('sha256').update(`key of ${name}`).digest('base64')}`

/** The settings that processes with one database share. */
export const shared = {
  DATABASE_URL: 'postgres://user:secret@db:5432/bigmind',
  ENCRYPTION_KEYS: key('main'),
}

export const jwt = { JWT_ISSUER: 'https://app.example.com', JWT_AUDIENCE: 'webhooks' }

/** Returns what is wrong with the settings: nothing if they are valid. */
export function faultsOf(env: Record<string, string>, role?: string): readonly string[] {
  try {
    loadConfig(env, role)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}
