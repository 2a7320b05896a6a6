import { randomBytes } from 'node:crypto'
import { createApiKey, createPlatformKey, revokeAnyApiKey } from '../../access/api-key.ts'
import { loadConfig } from '../../config/config.ts'
import type { Variables } from '../../config/environment.ts'
import { SCOPES, type Scope } from '../../domain/api-key.ts'
import { NAME_EXPECTED, parseName } from '../../domain/name.ts'
import type { Database } from '../../storage/database.ts'
import { newId } from '../../storage/ids.ts'
import { listKeys } from './list.ts'
import { reencrypt } from './reencrypt.ts'

/** The command line is invalid. The message says why. */
export class UsageError extends Error {
  override name = 'UsageError'
}

interface CommandLine {
  options: { organization?: string; platform?: boolean; name?: string; scopes?: string }
  operands: readonly string[]
  env: Variables
}

/** Runs a command on a database and returns the text to print. */
type Run = (db: Database) => Promise<string>

/** The commands by name. Each checks its command line before the database is opened; it throws a UsageError. */
export const COMMANDS: Record<string, (line: CommandLine) => Run> = {
  create: ({ options }) => (options.platform ? createForPlatform(options) : create(options)),
  list: () => listKeys,
  revoke({ operands: [id, ...more] }) {
    if (!id || more.length > 0) throw new UsageError('revoke takes one id.')
    return async (db) => {
      if (await revokeAnyApiKey({ db }, id)) return `${id} is revoked.`
      throw new Error(`There is no key "${id}". See: npm run keys -- list`)
    }
  },
  reencrypt({ env }) {
    const { encryptionKeys } = loadConfig(env)
    return (db) => reencrypt(db, encryptionKeys!)
  },
}

/** The default of --scopes for a platform key: Bigmind's backend publishes events. */
const PLATFORM_SCOPES: readonly Scope[] = ['EVENTS_PUBLISH']

function create({ organization, name, scopes }: CommandLine['options']): Run {
  if (organization === undefined) {
    throw new UsageError('create needs --organization NAME or --platform.')
  }
  const owner = parseNameOption('organization', organization)
  if (!scopes) throw new UsageError('create needs --scopes LIST.')
  const key = { name: parseNameOption('name', name), scopes: parseScopes(scopes) }
  return (db) => createApiKey({ db, newId, randomBytes }, owner, key)
}

function createForPlatform({ organization, name, scopes }: CommandLine['options']): Run {
  if (organization !== undefined) {
    throw new UsageError('--organization and --platform exclude each other.')
  }
  const key = {
    name: parseNameOption('name', name),
    scopes: scopes ? parseScopes(scopes) : PLATFORM_SCOPES,
  }
  return (db) => createPlatformKey({ db, newId, randomBytes }, key)
}

function parseNameOption(option: string, text: string | undefined): string {
  if (!text) throw new UsageError(`create needs --${option} NAME.`)
  const name = parseName(text)
  if (name === null) throw new UsageError(`--${option}: ${NAME_EXPECTED}`)
  return name
}

function parseScopes(text: string): readonly Scope[] {
  if (text === 'all') return SCOPES
  return text.split(',').map((name) => {
    const scope = SCOPES.find((one) => one === name.trim().toUpperCase())
    if (scope) return scope
    throw new UsageError(`There is no scope "${name}". The scopes are ${SCOPES.join(', ')}.`)
  })
}
