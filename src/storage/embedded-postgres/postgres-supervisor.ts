import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from '../../telemetry/logger.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { Cluster } from './postgres-cluster.ts'
import { ensureServer, stopServer } from './postgres-server.ts'

/** Milliseconds in which a server that runs has to answer. */
const ANSWER_TIMEOUT_MS = 10_000

/** Pause before the first repeated start; it doubles with each one, up to the second. */
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000

/** A server that ran for so long had started well: what ends it is a new fault. */
const STABLE_MS = 5_000

/** SQLSTATEs of a server that is on its way up or down. */
const CHANGING = new Set(['57P01', '57P02', '57P03'])

/** Connections that are tried before a server counts as one that does not answer. */
const MAX_CONNECT_ATTEMPTS = 5

export type SupervisedServer = {
  readonly port: number
  /** A superuser's connection, of the first start. */
  readonly connection: pg.Client
  /** Ends the supervision, stops the server and returns when it has ended. */
  stop(): Promise<void>
}

type Supervision = { log: Logger; settings: Record<string, string>; signal: AbortSignal }

/**
 * Runs the server of the cluster: takes over the one that a killed service has left or starts one, and starts it again on
 * the same port whenever it ends, until `stop`.
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
      // A start that is under way may bring another connection.
      await supervised
      // Not awaited: a server that hangs does not answer. It is stopped all the same, which ends the connection.
      client.end().catch(() => {})
      await stopServer(cluster)
    },
  }
}

/** Unlike `once` of node:events, it does not reject on the error that precedes the end. */
const endOf = (client: pg.Client) => new Promise<void>((resolve) => client.once('end', resolve))

/** Connects to the server, which it starts where necessary, for as long as it takes. `failures` counts starts in a row. */
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
      // One that a killed service left behind may hang.
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
  // A connection that breaks is noticed by its end; without a listener it would end the process.
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
