import { randomBytes } from 'node:crypto'
import {
  createApiKey,
  createPlatformKey,
  type KeyOwner,
  type NewApiKey,
  UnknownOrganizationError,
} from '../../access/api-key.ts'
import { revokeAnyApiKey } from '../../access/key-revocation.ts'
import { loadConfig } from '../../config/config.ts'
import type { Variables } from '../../config/environment.ts'
import { SCOPES, type Scope } from '../../domain/api-key.ts'
import { NAME_EXPECTED, parseName } from '../../domain/name.ts'
import type { Database } from '../../storage/database.ts'
import { newId } from '../../storage/ids.ts'
import { listKeys, listOrganizations } from './list.ts'
import { printable } from './printable.ts'
import { reencrypt } from './reencrypt.ts'
import { verifyAudit } from './verify-audit.ts'

/** The command line is invalid. The message says why. */
export class UsageError extends Error {
  override name = 'UsageError'
}

interface CommandLine {
  options: {
    organization?: string
    new?: string
    platform?: boolean
    cascade?: boolean
    name?: string
    scopes?: string
  }
  operands: readonly string[]
  env: Variables
}

/** Prints a remark, apart from the result of the command. */
type Note = (text: string) => void

/** Runs a command on a database and returns the text to print. */
type Run = (db: Database, note: Note) => Promise<string>

/** The commands by name. Each checks its command line before the database is opened; it throws a UsageError. */
export const COMMANDS: Record<string, (line: CommandLine) => Run> = {
  create: ({ options }) => (options.platform ? createForPlatform(options) : create(options)),
  list: () => listKeys,
  organizations: () => listOrganizations,
  revoke({ operands: [id, ...more], options: { cascade = false } }) {
    if (!id || more.length > 0) throw new UsageError('revoke takes one id.')
    return async (db) => {
      const revoked = await revokeAnyApiKey({ db, newId }, { id, cascade })
      if (!revoked) throw new Error(`There is no key "${printable(id)}". See: npm run keys -- list`)
      const others = revoked.filter((one) => one !== id)
      return [id, ...others].map((one) => `${one} is revoked.`).join('\n')
    }
  },
  'verify-audit': () => verifyAudit,
  reencrypt({ env }) {
    const { encryptionKeys } = loadConfig(env)
    return (db) => reencrypt(db, encryptionKeys!)
  },
}

/** The default of --scopes for a platform key: Bigmind's backend publishes events. */
const PLATFORM_SCOPES: readonly Scope[] = ['EVENTS_PUBLISH']

function create({ name, scopes, ...owner }: CommandLine['options']): Run {
  const parsed = parseOwner(owner)
  if (!scopes) throw new UsageError('create needs --scopes LIST.')
  const properties = { name: parseNameOption('name', name), scopes: parseScopes(scopes) }
  return async (db, note) => {
    const { key, organization } = await createKey(db, parsed, properties)
    const is = 'newOrganization' in parsed ? 'The new organization' : 'The organization'
    note(`${is} of the key is "${printable(organization.name)}" (${organization.id}).`)
    return key
  }
}

function parseOwner({ new: newName, organization }: CommandLine['options']): KeyOwner {
  if (newName !== undefined && organization !== undefined) {
    throw new UsageError('--organization and --new exclude each other.')
  }
  if (newName !== undefined) return { newOrganization: parseNameOption('new', newName) }
  if (organization) return { organization }
  throw new UsageError('create needs --organization ID, --new NAME or --platform.')
}

async function createKey(db: Database, owner: KeyOwner, properties: NewApiKey) {
  try {
    return await createApiKey({ db, newId, randomBytes }, owner, properties)
  } catch (error) {
    if (!(error instanceof UnknownOrganizationError)) throw error
    throw new Error(
      `${printable(error.message)} To list organizations: npm run keys -- organizations. To create one, replace --organization by --new NAME.`,
    )
  }
}

function createForPlatform({ name, scopes, ...owner }: CommandLine['options']): Run {
  for (const option of ['organization', 'new'] as const) {
    if (owner[option] === undefined) continue
    throw new UsageError(`--${option} and --platform exclude each other.`)
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
    throw new UsageError(
      `There is no scope "${printable(name)}". The scopes are ${SCOPES.join(', ')}.`,
    )
  })
}
