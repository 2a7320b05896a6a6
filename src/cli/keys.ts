import { parseArgs } from 'node:util'
import { SCOPES } from '../domain/api-key.ts'
import { completeDatabaseUrl } from '../storage/connection/url.ts'
import { createDatabase } from '../storage/database.ts'
import { migrate } from '../storage/migrations/migrations.ts'
import { createLogger } from '../telemetry/logger.ts'
import { COMMANDS, UsageError } from './keys/commands.ts'
import { printable } from './keys/printable.ts'

const USAGE = `Usage: npm run keys -- COMMAND [OPTIONS]

Manage API keys, the encryption of signing secrets, and audit logs.

Commands:
  create --organization ID --name NAME --scopes LIST
                        create an API key and print it on standard output;
                        standard error shows its organization
  create --new NAME --name NAME --scopes LIST
                        the same for a new organization
  create --platform --name NAME [--scopes LIST]
                        create a platform key, which acts for the organization
                        in the header X-Organization (default scope:
                        EVENTS_PUBLISH)
  list                  list all keys: id, prefix, name, organization, scopes,
                        last use, state
  organizations         list all organizations
  revoke ID [--cascade] revoke a key; it stops working within 5 seconds;
                        --cascade also revokes the keys that it created
  verify-audit          check the hashes of all audit logs; exit with 1 and name
                        the first broken entry of each
  reencrypt             encrypt all signing secrets with the first key of
                        ENCRYPTION_KEYS; exit with 1 if any cannot be decrypted

Options:
  --organization ID     the organization of the key, by its org_ id or its id in
                        Bigmind
  --new NAME            the name of the organization to create
  --name NAME           name of the key
  --scopes LIST         "all", or comma-separated scopes:
${SCOPES.map((scope) => `                          ${scope}`).join('\n')}
  --help                show this help

Environment:
  DATABASE_URL          the database (required)
  ENCRYPTION_KEYS       required for reencrypt

A service with an embedded database keeps its keys in DATA_DIR/api-key and
DATA_DIR/encryption-key.`

const OPTIONS = {
  organization: { type: 'string' },
  new: { type: 'string' },
  platform: { type: 'boolean' },
  cascade: { type: 'boolean' },
  name: { type: 'string' },
  scopes: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

async function main(): Promise<void> {
  const { help, command, options, operands } = parseCommandLine()
  if (help) return void console.log(USAGE)
  if (command === undefined) throw new UsageError('No command was given.')
  const parse = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined
  if (!parse) throw new UsageError(`There is no command "${printable(command)}".`)
  if (!process.env.DATABASE_URL) throw new UsageError('DATABASE_URL is not set.')
  const databaseUrl = completeDatabaseUrl(process.env.DATABASE_URL, process.env)
  const run = parse({ options, operands, env: process.env })
  await migrate(databaseUrl)
  const db = createDatabase(databaseUrl, { log: createLogger('silent') })
  try {
    console.log(await run(db, (text) => console.error(text)))
  } finally {
    await db.close()
  }
}

function parseCommandLine() {
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options: OPTIONS })
    const { help = false, ...options } = values
    const [command, ...operands] = positionals
    return { help, command, options, operands }
  } catch (error) {
    // The first sentence names the option. The rest is advice for other programs.
    const [sentence = ''] = (error as Error).message.split('. ')
    throw new UsageError(printable(sentence.replace(/\.?$/, '.')))
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  if (error instanceof UsageError) console.error('See: npm run keys -- --help')
  process.exit(1)
})
