import type { FileHandle } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Client } from 'pg'
import type { Logger } from '../../telemetry/logger.ts'
import { EmbeddedPostgresError, explainFullDisk } from './embedded-postgres-error.ts'
import { LockedError, lockFile, NoFileLocksError, writeHolder } from './file-lock.ts'
import { openCluster, prepareFolder } from './postgres-cluster.ts'
import { type SupervisedServer, superviseServer } from './postgres-supervisor.ts'

/** Milliseconds to wait for a service that is ending. */
const LOCK_WAIT_MS = 2_000

export type EmbeddedPostgres = {
  /** The URL of the database `bigmind`, with its owner as the user: a role that can create databases but is no superuser. */
  readonly url: string
  /** Closes all connections and stops the server. Resolves when it has ended. Repeated calls return the same promise. */
  stop(): Promise<void>
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * Starts the embedded PostgreSQL with its data in `<dataDir>/postgres`, on a free port of 127.0.0.1. This process owns the
 * folder: it locks `<dataDir>/lock` first. Restarts the server when it ends. The server does not end with this process: the next
 * start uses a server that a killed service left running.
 * @param options.settings overrides settings of the server, but not of one that is already running
 * @throws EmbeddedPostgresError when the server cannot run or another running process owns the folder
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string
  log?: Logger
  settings?: Record<string, string>
}): Promise<EmbeddedPostgres> {
  const { dataDir, log = SILENT, settings = {} } = options
  let lock: FileHandle | undefined
  let server: SupervisedServer | undefined
  try {
    const folder = await prepareFolder(dataDir)
    lock = await lockFolder(folder)
    const cluster = await openCluster(folder)
    server = await superviseServer(cluster, { log, settings })
    await createServiceDatabase(server.connection, cluster.password)
    const { port, stop } = server
    let stopped: Promise<void> | undefined
    return {
      url: `postgres://bigmind:${cluster.password}@127.0.0.1:${port}/bigmind`,
      stop() {
        stopped ??= stop().finally(() => lock?.close())
        return stopped
      },
    }
  } catch (error) {
    await server?.stop().catch(() => {})
    await lock?.close()
    throw await explain(error as NodeJS.ErrnoException, dataDir)
  }
}

async function lockFolder(folder: string): Promise<FileHandle> {
  const lock = await lockFile(join(folder, 'lock'), LOCK_WAIT_MS)
  await writeHolder(lock, `process ${process.pid} on ${hostname()}`)
  return lock
}

async function createServiceDatabase(connection: Client, password: string): Promise<void> {
  const has = async (query: string) => (await connection.query(query)).rows.length > 0
  if (!(await has(`select from pg_roles where rolname = 'bigmind'`))) {
    const secret = connection.escapeLiteral(password)
    await connection.query(`create role bigmind login createdb password ${secret}`)
  }
  if (!(await has(`select from pg_database where datname = 'bigmind'`))) {
    await connection.query('create database bigmind owner bigmind')
  }
}

/** Returns an error that says what to do for a fault of the installation, and any other error unchanged. */
async function explain(error: NodeJS.ErrnoException, dataDir: string): Promise<Error> {
  if (error instanceof LockedError) {
    return new EmbeddedPostgresError(
      `${dataDir} is in use by ${error.holder}. One process owns an embedded database: stop that one, set DATA_DIR to ` +
        'another folder, or set DATABASE_URL to share a database.',
    )
  }
  if (error instanceof NoFileLocksError) {
    return new EmbeddedPostgresError(
      `${error.message}, without which two services could destroy its data. Set DATA_DIR to a folder on another file ` +
        'system, or set DATABASE_URL.',
    )
  }
  const { code = '', path = 'a file' } = error
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return (await explainFullDisk(dataDir, code)) ?? error
  }
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') return error
  return new EmbeddedPostgresError(
    `The user ${userName()} may not use ${path} (${code}), where the embedded PostgreSQL keeps its data or its programs. ` +
      'Start the service as the user who owns it, or set DATA_DIR to another folder.',
    { cause: error },
  )
}

/** The user id of a container may have no name. */
function userName(): string {
  try {
    return `"${userInfo().username}"`
  } catch {
    return `with the id ${process.getuid?.()}`
  }
}
