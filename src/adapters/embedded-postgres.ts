import { userInfo } from 'node:os'
import type { Client } from 'pg'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { type Cluster, openCluster } from './postgres-cluster.ts'
import { type Ownership, takeOwnership } from './postgres-ownership.ts'
import { runningPort, startServer, stopServer } from './postgres-server.ts'

/** Starts that may fail for a passing cause: a port taken meanwhile, another service starting or stopping the server. */
const ATTEMPTS = 5

export type EmbeddedPostgres = {
  /** Of the database `bigmind`, as its owner: a role that may create databases but is no superuser. */
  readonly url: string
  /** Ends every connection, stops the server and returns when it has ended. Again: the same promise. */
  stop(): Promise<void>
}

/**
 * Runs the service's own PostgreSQL with its data in `<dataDir>/postgres`, on a free port of 127.0.0.1, and owns it. The
 * server does not end with this process: one that a killed service has left behind is taken over by the next start.
 * `settings` overrides settings of the server, but not of one that already runs.
 *
 * Throws an EmbeddedPostgresError, with a message for whoever started the service, when the server cannot run or when
 * another living process owns it.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string
  log?: (message: string) => void
  settings?: Record<string, string>
}): Promise<EmbeddedPostgres> {
  const { dataDir, log = () => {}, settings = {} } = options
  const cluster = await openCluster(dataDir).catch(explain)
  const { port, ownership } = await own(cluster, { log, settings }).catch(explain)
  await createServiceDatabase(ownership.connection, cluster.password)
  let stopped: Promise<void> | undefined
  return {
    url: `postgres://bigmind:${cluster.password}@127.0.0.1:${port}/bigmind`,
    stop() {
      stopped ??= ownership.release().then((ours) => (ours ? stopServer(cluster) : undefined))
      return stopped
    },
  }
}

async function own(
  cluster: Cluster,
  { log, settings }: { log: (message: string) => void; settings: Record<string, string> },
): Promise<{ port: number; ownership: Ownership }> {
  for (let attempt = 1; ; attempt += 1) {
    const running = await runningPort(cluster)
    let port = running
    try {
      port ??= await startServer(cluster, settings)
    } catch (error) {
      // Another program was faster to take the port, or another service to start the server.
      const passing = /could not bind|postmaster\.pid/.test((error as Error).message)
      if (!passing || attempt >= ATTEMPTS) throw error
      continue
    }
    const ownership = await takeOwnership(cluster, { port, log })
    if (typeof ownership === 'object') {
      if (running) log('took over the PostgreSQL of a service that was killed')
      return { port, ownership }
    }
    if (attempt >= ATTEMPTS) {
      throw new EmbeddedPostgresError(
        `The PostgreSQL over ${cluster.folder} runs but does not answer. Its log is ${cluster.logFile}.`,
      )
    }
    if (ownership === 'silent') await stopServer(cluster)
  }
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

/** A file that we may not touch is a matter of the installation, as much as what PostgreSQL says. */
function explain(error: NodeJS.ErrnoException): never {
  if (error.code !== 'EACCES' && error.code !== 'EPERM' && error.code !== 'EROFS') throw error
  throw new EmbeddedPostgresError(
    `The user "${userInfo().username}" may not use ${error.path ?? 'a file'} (${error.code}), where the embedded PostgreSQL ` +
      'keeps its data or its programs. Start the service as the user who owns it, or set DATA_DIR to another folder.',
    { cause: error },
  )
}
