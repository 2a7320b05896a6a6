import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { createDatabase } from '../adapters/database.ts'
import { newId } from '../adapters/ids.ts'
import { createLogger } from '../adapters/logger.ts'
import { migrate } from '../adapters/migrations.ts'
import { SCOPES, type Scope } from '../domain/api-key.ts'
import { createApiKey } from '../services/api-key.ts'

const USAGE = `npm run keys -- create --organization NAME --name NAME --scopes all

Makes an API key and prints it, alone, on stdout. The organization is made when none has this name.

  --organization NAME   whose destinations and events the key is for
  --name NAME           what the key is for, to tell it from others
  --scopes LIST         all, or any of ${SCOPES.join(', ')}, comma separated

It needs DATABASE_URL: a service with an embedded database has its key in DATA_DIR/api-key.`

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      organization: { type: 'string' },
      name: { type: 'string' },
      scopes: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  const { organization, name, scopes } = values
  if (values.help) return void console.log(USAGE)
  if (positionals[0] !== 'create' || !organization || !name || !scopes) throw new UsageError(USAGE)
  const databaseUrl = process.env.DATABASE_URL
  if (!databaseUrl) throw new UsageError(`DATABASE_URL is not set.\n\n${USAGE}`)
  const key = { name, scopes: parseScopes(scopes) }
  await migrate(databaseUrl)
  const db = createDatabase(databaseUrl, { log: createLogger('silent') })
  try {
    console.log(await createApiKey({ db, newId, randomBytes }, organization, key))
  } finally {
    await db.close()
  }
}

class UsageError extends Error {}

function parseScopes(text: string): readonly Scope[] {
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
