import pg from 'pg'
import { sqlState } from '../database-fault.ts'
import { beginSession, type SessionSettings } from './session.ts'
import { type DatabaseAddress, type Endpoint, parseDatabaseUrl } from './url.ts'

/** SQLSTATE of a server that does not accept connections yet. */
const CANNOT_CONNECT_NOW = '57P03'

/** SQLSTATE of a connection that pg_hba.conf of the server does not allow, for example without TLS. */
const NOT_ALLOWED = '28000'

/** The default of the milliseconds to connect to one endpoint. */
export const CONNECT_TIMEOUT_MS = 10_000

/** The server is a standby, but the connection requires a primary. */
export class StandbyError extends Error {
  override name = 'StandbyError'
}

/** The endpoints of an address, and the one in use: the last one that worked. */
export interface Endpoints {
  readonly address: DatabaseAddress
  current(): Endpoint
  /**
   * Selects the next endpoint after a failed connection to `tried`.
   * @returns whether another endpoint may work
   */
  moveOn(tried: Endpoint, error: unknown): boolean
}

/** @throws DatabaseUrlError */
export function createEndpoints(url: string): Endpoints {
  const address = parseDatabaseUrl(url)
  const { endpoints } = address
  let index = 0
  return {
    address,
    current: () => endpoints[index]!,
    moveOn(tried, error) {
      const other = nextEndpoint(endpoints, tried, error)
      if (other === null) return false
      if (endpoints[index] === tried) index = other
      return true
    },
  }
}

/** Returns the index of the endpoint to try after `tried` failed; null when no other one can work. */
function nextEndpoint(
  endpoints: readonly Endpoint[],
  tried: Endpoint,
  error: unknown,
): number | null {
  const index = endpoints.indexOf(tried)
  const isSameHost = (one: Endpoint | undefined) =>
    one !== undefined && one.host === tried.host && one.port === tried.port
  const state = sqlState(error)
  const isTlsAtFault = state === NOT_ALLOWED || (state === null && isTlsError(error))
  if (isTlsAtFault && isSameHost(endpoints[index + 1])) return index + 1
  // The server was reached and returned an error, so another host would return the same one.
  if (state !== null && state !== CANNOT_CONNECT_NOW) return null
  for (let step = 1; step < endpoints.length; step += 1) {
    const candidate = (index + step) % endpoints.length
    if (!isSameHost(endpoints[candidate])) return candidate
  }
  return null
}

function isTlsError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return /SSL|TLS|CERT|SELF_SIGNED|ERR_OSSL/i.test(`${code} ${error.message}`)
}

/** Returns pg's configuration of the current endpoint. */
export function connectionConfig({ address, current }: Endpoints): pg.ClientConfig {
  const { host, port, ssl } = current()
  return {
    host,
    port,
    ssl,
    user: address.user,
    password: address.password,
    database: address.database,
    options: address.options,
    // Set in both cases, so that environment variables do not change it.
    ...({ sslnegotiation: ssl && address.directTls ? 'direct' : 'postgres' } as object),
    enableChannelBinding: ssl !== false && address.channelBinding,
  }
}

export interface ClientOptions {
  applicationName: string
  /** Milliseconds to wait for the result of a statement. Default: no limit. */
  queryTimeout?: number
  /** Milliseconds to connect to one endpoint. */
  connectTimeout?: number
}

/**
 * Opens a connection with the session settings to the first endpoint that works.
 * @throws the error of the last endpoint; StandbyError when all are standbys
 */
export async function openClient(
  endpoints: Endpoints,
  { applicationName, queryTimeout, connectTimeout }: ClientOptions,
): Promise<pg.Client> {
  const { address } = endpoints
  for (let tries = address.endpoints.length; ; tries -= 1) {
    const tried = endpoints.current()
    const client = new pg.Client({
      ...connectionConfig(endpoints),
      application_name: applicationName,
      keepAlive: true,
      connectionTimeoutMillis: address.connectTimeout ?? connectTimeout ?? CONNECT_TIMEOUT_MS,
      ...(queryTimeout && { query_timeout: queryTimeout }),
    })
    client.on('error', () => {})
    try {
      await client.connect()
      await startSession(client, endpoints)
      return client
    } catch (error) {
      await client.end().catch(() => {})
      if (!endpoints.moveOn(tried, error) || tries <= 1) throw error
    }
  }
}

/** Sets the session settings of a new connection. @throws StandbyError for a standby when the address requires a primary */
export async function startSession(
  client: pg.ClientBase,
  { address }: Endpoints,
  limits: Pick<SessionSettings, 'statementTimeoutMs' | 'idleInTransactionTimeoutMs'> = {
    statementTimeoutMs: 0,
    idleInTransactionTimeoutMs: 0,
  },
): Promise<void> {
  const { standby } = await beginSession(client, { ...address, ...limits })
  if (standby && address.primaryOnly) {
    throw new StandbyError(
      'no host of DATABASE_URL is a primary server: those that answer are standbys',
    )
  }
}
