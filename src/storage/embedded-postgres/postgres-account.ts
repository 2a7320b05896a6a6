import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname, parse } from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

const execute = promisify(execFile)

/** The user of the operating system that runs PostgreSQL. */
export type Account = { name: string; uid: number; gid: number }

/**
 * Returns the user that runs PostgreSQL over the data in `folder`; null for the user of this process. PostgreSQL does not run
 * as root, so for root it is the owner of the data or, without data, the user `postgres`, which is created if necessary.
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
 * Returns the outermost folder in the path of `folder`, including itself, that the account cannot enter; null when it can enter
 * all. Tries to enter them, because modes do not include access lists.
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
    // Another service may have created it at the same time.
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
