import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname, parse } from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

const execute = promisify(execFile)

/** A user of the operating system that PostgreSQL's programs run as. */
export type Account = { name: string; uid: number; gid: number }

/**
 * Who is to run PostgreSQL over the data in `folder`: null for ourselves. PostgreSQL refuses to run as root, so for root
 * it is the owner of the data or, when there is none yet, the user `postgres`, who is created where missing.
 */
export async function accountFor(folder: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null
  const owner = await stat(folder).catch(() => null)
  if (owner && owner.uid !== 0) {
    return { name: await nameOf(owner.uid), uid: owner.uid, gid: owner.gid }
  }
  return (await lookUp('postgres')) ?? (await createAccount('postgres'))
}

/**
 * The outermost folder on the way to `folder`, itself included, that the account may not enter; null when it may enter all.
 * It is tried rather than read off the modes, which do not tell of access lists.
 */
export async function blockedFolder(folder: string, account: Account): Promise<string | null> {
  const way = [folder]
  while (way[0] !== parse(folder).root) way.unshift(dirname(way[0]!))
  const script = 'for folder; do cd "$folder" || { printf %s "$folder"; exit 0; }; done'
  const { uid, gid } = account
  const { stdout } = await execute('/bin/sh', ['-c', script, 'sh', ...way], { uid, gid, cwd: '/' })
  return stdout || null
}

async function createAccount(name: string): Promise<Account> {
  const options = ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false']
  try {
    await execute('useradd', [...options, name])
  } catch (error) {
    // Another service may just have created it.
    const account = await lookUp(name)
    if (account) return account
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, and the user "${name}" could not be created (${(error as Error).message.trim()}). ` +
        'Create that user, start the service as a user other than root, or set DATABASE_URL.',
    )
  }
  return (await lookUp(name))!
}

async function lookUp(name: string): Promise<Account | null> {
  const id = async (flag: string) => Number((await execute('id', [flag, name])).stdout)
  return Promise.all([id('-u'), id('-g')]).then(
    ([uid, gid]) => ({ name, uid, gid }),
    () => null,
  )
}

async function nameOf(uid: number): Promise<string> {
  return execute('id', ['-un', String(uid)]).then(
    ({ stdout }) => stdout.trim(),
    () => String(uid),
  )
}
