import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { createApiKey, createPlatformKey, revokeAnyApiKey } from '../access/api-key.ts'
import { loadConfig } from '../config/config.ts'
import { SCOPES, type Scope } from '../domain/api-key.ts'
import { NAME_EXPECTED, parseName } from '../domain/name.ts'
import { completeDatabaseUrl } from '../storage/connection/url.ts'
import { createDatabase, type Database } from '../storage/database.ts'
import { newId } from '../storage/ids.ts'
import { migrate } from '../storage/migrations/migrations.ts'
import { createLogger } from '../telemetry/logger.ts'
import { listKeys } from './keys/list.ts'
import { reencrypt } from './keys/reencrypt.ts'

const USAGE = `npm run keys -- COMMAND

  create --organization NAME --name NAME --scopes LIST
      makes an API key and prints it, alone, on stdout; the organization is made when none is called this
  create --platform --name NAME [--scopes LIST]
      makes a platform key, for Bigmind's own backend, and prints it likewise; it acts for the organization
      that the header X-Organization names, and may publish events unless --scopes says otherwise
  list
      prints every key: id, how it begins, name, organization, scopes, last use and state
  revoke ID
      makes a key useless for good, within 5 seconds
  reencrypt
      encrypts every signing secret with the first key of ENCRYPTION_KEYS, while the service runs, so that the
      other keys can be taken away; says how many, and fails when some cannot be opened

  --organization NAME   whose destinations and events the key is for: its name or one of its ids
  --name NAME           what the key is for, to tell it from others
  --scopes LIST         all, or any of ${SCOPES.join(', ')}, comma separated

They need DATABASE_URL, and reencrypt needs ENCRYPTION_KEYS as well: a service with an embedded database has its
keys in DATA_DIR/api-key and DATA_DIR/encryption-key.`

/** What a platform key may do when nobody says more: what Bigmind's backend is there for. */
const PLATFORM_SCOPES: readonly Scope[] = ['EVENTS_PUBLISH']

/** The command line cannot be followed; the message says why. */
class UsageError extends Error {}

interface Options {
  organization?: string
  platform?: boolean
  name?: string
  scopes?: string
}

/** Does its work on a database, and answers what is to be printed. */
type Work = (db: Database) => Promise<string>

const COMMANDS: Record<string, (options: Options, operands: string[]) => Work> = {
  create({ organization, platform = false, name, scopes }) {
    if (!name || platform === (organization !== undefined)) throw new UsageError(USAGE)
    const key = {
      name: parsedName('name', name),
      scopes: scopes || !platform ? parseScopes(scopes) : PLATFORM_SCOPES,
    }
    if (organization === undefined) {
      return (db) => createPlatformKey({ db, newId, randomBytes }, key)
    }
    const owner = parsedName('organization', organization)
    return (db) => createApiKey({ db, newId, randomBytes }, owner, key)
  },
  list: () => listKeys,
  revoke(_options, [id, ...more]) {
    if (!id || more.length > 0) throw new UsageError(USAGE)
    return async (db) => {
      if (await revokeAnyApiKey({ db }, id)) return `${id} is revoked.`
      throw new UsageError(`There is no key "${id}". See: npm run keys -- list`)
    }
  },
  reencrypt() {
    const { encryptionKeys } = loadConfig(process.env)
    return (db) => reencrypt(db, encryptionKeys!)
  },
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      organization: { type: 'string' },
      platform: { type: 'boolean' },
      name: { type: 'string' },
      scopes: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  const { help, ...options } = values
  if (help) return void console.log(USAGE)
  const [command = '', ...operands] = positionals
  if (!Object.hasOwn(COMMANDS, command)) throw new UsageError(USAGE)
  if (!process.env.DATABASE_URL) throw new UsageError(`DATABASE_URL is not set.\n\n${USAGE}`)
  const databaseUrl = completeDatabaseUrl(process.env.DATABASE_URL, process.env)
  const work = COMMANDS[command]!(options, operands)
  await migrate(databaseUrl)
  const db = createDatabase(databaseUrl, { log: createLogger('silent') })
  try {
    console.log(await work(db))
  } finally {
    await db.close()
  }
}

function parsedName(option: string, text: string): string {
  const name = parseName(text)
  if (name === null) throw new UsageError(`--${option}: ${NAME_EXPECTED}`)
  return name
}

function parseScopes(text: string | undefined): readonly Scope[] {
  if (!text) throw new UsageError(USAGE)
  if (text === 'all') return SCOPES
  return text.split(',').map((name) => {
    const scope = SCOPES.find((one) => one === name.trim().toUpperCase())
    if (!scope) throw new UsageError(`There is no scope "${name}".\n\n${USAGE}`)
    return scope
  })
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
