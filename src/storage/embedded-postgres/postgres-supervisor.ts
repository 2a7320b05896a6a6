import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from '../../telemetry/logger.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { Cluster } from './postgres-cluster.ts'
import { ensureServer, stopServer } from './postgres-server.ts'

/** Milliseconds within which a running server must answer. */
const ANSWER_TIMEOUT_MS = 10_000

/** The delay before the first repeated start. It doubles with each one, up to the limit. */
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000

/** After this time, a start counts as successful, so that the delay begins again. */
const STABLE_MS = 5_000

/** SQLSTATEs of a server that is starting or stopping. */
const CHANGING = new Set(['57P01', '57P02', '57P03'])

/** Failed connections after which a server counts as unresponsive. */
const MAX_CONNECT_ATTEMPTS = 5

export type SupervisedServer = {
  readonly port: number
  /** The connection of the first start, as a superuser. */
  readonly connection: pg.Client
  /** Ends the supervision and stops the server. Resolves when it has ended. */
  stop(): Promise<void>
}

type Supervision = { log: Logger; settings: Record<string, string>; signal: AbortSignal }

/**
 * Runs the server of the cluster until `stop`: uses a server that a killed service left running or starts one, and restarts it
 * on the same port whenever it ends.
 * @throws EmbeddedPostgresError when the first start fails
 */
export async function superviseServer(
  cluster: Cluster,
  { log, settings }: Omit<Supervision, 'signal'>,
): Promise<SupervisedServer> {
  const stopping = new AbortController()
  const supervision = { log, settings, signal: stopping.signal }
  const { port, started, client: connection } = await connectServer(cluster, supervision)
  if (!started) log.info({}, 'took over the PostgreSQL of a service that was killed')
  let client = connection
  const stopped = new Promise((resolve) => stopping.signal.addEventListener('abort', resolve))

  async function supervise(): Promise<void> {
    let failures = 0
    for (;;) {
      const since = performance.now()
      await Promise.race([endOf(client), stopped])
      if (stopping.signal.aborted) return
      log.warn({ port }, 'the embedded PostgreSQL ended or dropped its connections')
      if (performance.now() - since > STABLE_MS) failures = 0
      const again = await reconnect(cluster, { ...supervision, port, failures })
      client = again.client
      failures = again.failures
      log.warn({ port }, 'the embedded PostgreSQL accepts connections again')
    }
  }

  const supervised = supervise().catch((error: unknown) => {
    if (!stopping.signal.aborted) log.error({ err: error }, 'the supervision has ended')
  })
  return {
    port,
    connection,
    async stop() {
      stopping.abort()
      // A running start may open another connection.
      await supervised
      // Not awaited, because a server that hangs does not answer. Stopping it closes the connection.
      client.end().catch(() => {})
      await stopServer(cluster)
    },
  }
}

/** Resolves with the end of the connection. Unlike `once` of node:events, it does not reject on the error before it. */
const endOf = (client: pg.Client) => new Promise<void>((resolve) => client.once('end', resolve))

/** Connects to the server, and starts it if necessary, until it succeeds. `failures` counts consecutive failed starts. */
async function reconnect(
  cluster: Cluster,
  { failures, ...supervision }: Supervision & { port: number; failures: number },
): Promise<{ client: pg.Client; failures: number }> {
  const { log, signal } = supervision
  for (let count = failures; ; count += 1) {
    const wait = count === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), LONGEST_PAUSE_MS)
    await pause(wait, undefined, { signal })
    try {
      const { client } = await connectServer(cluster, supervision)
      return { client, failures: count + 1 }
    } catch (error) {
      signal.throwIfAborted()
      const fields = error instanceof EmbeddedPostgresError ? {} : { err: error }
      log.error(fields, `${NOT_STARTED}: ${(error as Error).message}`)
    }
  }
}

const NOT_STARTED = 'the embedded PostgreSQL could not be started and is tried again'

async function connectServer(
  cluster: Cluster,
  { port, settings, signal }: Supervision & { port?: number },
): Promise<{ client: pg.Client; port: number; started: boolean }> {
  for (let attempt = 1; ; attempt += 1) {
    const server = await ensureServer(cluster, {
      settings,
      signal,
      ...(port !== undefined && { port }),
    })
    try {
      return { ...server, client: await connect(cluster, server.port) }
    } catch (error) {
      const { code = '' } = error as { code?: string }
      if (code === '28P01') throw wrongPassword(cluster)
      if (attempt >= MAX_CONNECT_ATTEMPTS) throw silent(cluster)
      // A server that a killed service left running may hang.
      if (port === undefined && !CHANGING.has(code)) await stopServer(cluster)
    }
  }
}

async function connect({ password }: Cluster, port: number): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    application_name: `bigmind-webhooks owner ${process.pid}`,
    keepAlive: true,
  })
  // The end of the connection is handled. An 'error' event without a listener would end the process.
  client.on('error', () => {})
  await client.connect()
  return client
}

const wrongPassword = ({ folder }: Cluster) =>
  new EmbeddedPostgresError(
    `The password in ${folder}-password is not the one that the data in ${folder} was made with. Put the right file back.`,
  )

const silent = ({ folder, logFile }: Cluster) =>
  new EmbeddedPostgresError(
    `The PostgreSQL over ${folder} runs but does not answer. Its log is ${logFile}.`,
  )
