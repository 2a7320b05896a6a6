import { randomBytes } from 'node:crypto'
import {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EmbeddedPostgresError, explainFullDisk } from './embedded-postgres-error.ts'
import { type Account, accountFor, blockedFolder } from './postgres-account.ts'
import { type Binaries, findBinaries } from './postgres-binaries.ts'

/** A data folder of PostgreSQL, and what is needed to start a server over it. */
export type Cluster = {
  folder: string
  logFile: string
  /** The password of the roles `postgres` and `bigmind`. */
  password: string
  account: Account | null
  binaries: Binaries
}

/**
 * Opens the cluster below `root`, a folder of `prepareFolder` that this process has locked. Creates it at the first start.
 * `root` itself remains with the user of the service, since it contains other secrets.
 */
export async function openCluster(root: string): Promise<Cluster> {
  const folder = join(root, 'postgres')
  const account = await accountFor(folder)
  if (account) await refuseBlocked(root, account)
  const binaries = await findBinaries(root, account)
  const password = await readOrMake(join(root, 'postgres-password'))
  const cluster = { folder, logFile: join(root, 'postgres.log'), password, account, binaries }
  if (!(await stat(folder).catch(() => null))) await createCluster(root, cluster)
  await checkVersion(cluster)
  return cluster
}

/**
 * Creates the folder and returns its real path. Other users, such as that of PostgreSQL, can enter new and empty folders but not
 * list them.
 */
export async function prepareFolder(dataDir: string): Promise<string> {
  const outermost = await mkdir(dataDir, { recursive: true })
  const folder = await realpath(dataDir)
  if ((await readdir(folder)).length === 0) await makePassable(folder)
  if (outermost) {
    const end = await realpath(outermost)
    for (let made = folder; made !== end; ) {
      made = dirname(made)
      await makePassable(made)
    }
  }
  return folder
}

async function makePassable(folder: string): Promise<void> {
  const { mode } = await stat(folder)
  if ((mode & 0o011) !== 0o011) await chmod(folder, (mode & 0o7777) | 0o011)
}

async function refuseBlocked(dataDir: string, account: Account): Promise<void> {
  const blocked = await blockedFolder(dataDir, account)
  if (blocked === null) return
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root but as the user "${account.name}", who may not enter ${blocked}. ` +
      'Set DATA_DIR to a folder which that user may enter (such as one below /var/lib), set DATABASE_URL, ' +
      'or start the service as a user other than root.',
  )
}

async function readOrMake(file: string): Promise<string> {
  const existing = await readFile(file, 'utf8').catch(noneIfMissing)
  if (existing) return existing.trim()
  const draft = `${file}-${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  // Unlike rename, link keeps the file of a concurrent start.
  await link(draft, file).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft)
  return (await readFile(file, 'utf8')).trim()
}

/** Runs initdb in a temporary folder and renames it, so that an interrupted start leaves no incomplete cluster. */
async function createCluster(dataDir: string, cluster: Cluster): Promise<void> {
  const staging = await mkdtemp(join(dataDir, 'postgres-new-'))
  try {
    const passwordFile = join(staging, 'password')
    await writeFile(passwordFile, cluster.password, { mode: 0o600 })
    if (cluster.account) {
      const { uid, gid } = cluster.account
      await Promise.all([staging, passwordFile].map((path) => chown(path, uid, gid)))
    }
    await initialise(join(staging, 'data'), passwordFile, cluster)
    await rename(join(staging, 'data'), cluster.folder).catch(async (error) => {
      if (!(await stat(cluster.folder).catch(() => null))) throw error
    })
    await syncFolder(dataDir)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function initialise(folder: string, passwordFile: string, { binaries }: Cluster) {
  const { code, output } = await binaries.run('initdb', [
    `--pgdata=${folder}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Byte order independent of the machine, and upper and lower case of all of Unicode.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    // The password is random, so more iterations would only delay new connections.
    '--set=scram_iterations=1',
    '--set=timezone=UTC',
    '--set=log_timezone=UTC',
    '--no-instructions',
  ])
  if (code !== 0) {
    const full = await explainFullDisk(dirname(folder), output)
    if (full) throw full
    if (output.includes('could not look up effective user ID')) throw unknownUser()
    throw new EmbeddedPostgresError(
      `PostgreSQL could not make its data folder (initdb exited with ${code}):\n${output.trim()}`,
    )
  }
}

/** A container can run under a user id without a name. Only initdb needs a name. */
const unknownUser = () =>
  new EmbeddedPostgresError(
    `The user id ${process.getuid?.()} has no name on this machine, and initdb needs one to make the data folder. Add a line ` +
      'for it to /etc/passwd, start the service as another user, or set DATABASE_URL.',
  )

async function checkVersion({ folder, binaries }: Cluster): Promise<void> {
  const found = (await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(noneIfMissing)).trim()
  if (found === binaries.major) return
  if (found === '') {
    throw new EmbeddedPostgresError(
      `${folder} is there but is no PostgreSQL data folder. Move it away, or set DATA_DIR to another folder.`,
    )
  }
  throw new EmbeddedPostgresError(
    `The data in ${folder} was made by PostgreSQL ${found}, and this version of the service brings ${binaries.major}. ` +
      `Run the version of the service that made it, copy the database with pg_dump, and load the copy here into a new ` +
      `DATA_DIR; or serve the data with a PostgreSQL ${found} of your own and set DATABASE_URL.`,
  )
}

function noneIfMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return ''
  throw error
}

/** Makes the rename durable. Not supported on Windows. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => null)
  await handle?.sync().catch(() => {})
  await handle?.close()
}
