import type pg from 'pg'
import { type Endpoints, openClient } from './client.ts'

/** The service cannot use this server or database. The message says why, and what to change. */
export class DatabaseServerError extends Error {
  override name = 'DatabaseServerError'
}

/** As in server_version_num. */
const OLDEST_VERSION = 150_000

/**
 * Checks on a new connection whether the server and the database meet the requirements of the service.
 * @throws DatabaseServerError
 */
export async function checkServer(client: pg.Client, endpoints: Endpoints): Promise<void> {
  const { rows } = await client.query<{
    backend: number
    database: string
    encoding: string
    standby: boolean
    version: number
    versionText: string
  }>(
    `select pg_backend_pid() as backend, current_database() as database, current_setting('server_encoding') as encoding,
      pg_is_in_recovery() as standby, current_setting('server_version_num')::int as version,
      current_setting('server_version') as "versionText"`,
  )
  const { backend, database, encoding, standby, version, versionText } = rows[0]!
  if (version < OLDEST_VERSION) {
    throw new DatabaseServerError(
      `The server is PostgreSQL ${versionText}; the service needs 15 or later. Upgrade it, or set DATABASE_URL to another one.`,
    )
  }
  if (encoding !== 'UTF8') {
    throw new DatabaseServerError(
      `The database "${database}" has the encoding ${encoding}, which cannot store every text: the service needs UTF8. ` +
        `Create another one, and set DATABASE_URL to it: CREATE DATABASE bigmind ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0`,
    )
  }
  if (standby) {
    throw new DatabaseServerError(
      'The server is a standby, which takes no writes. Set DATABASE_URL to the primary, or list all servers and add target_session_attrs=primary.',
    )
  }
  // A connection pooler returns a process id of its own on connecting.
  const { processID } = client as pg.Client & { processID: number }
  if (backend !== processID) await refuseSharedSessions(client, { backend, endpoints })
}

/**
 * Throws for a pooler in transaction or statement mode, which gives a session to another client after each transaction: the
 * service depends on settings, prepared statements and LISTEN of its sessions.
 */
async function refuseSharedSessions(
  client: pg.Client,
  { backend, endpoints }: { backend: number; endpoints: Endpoints },
): Promise<void> {
  const backendOf = async (one: pg.Client) => {
    const { rows } = await one.query<{ pid: number }>('select pg_backend_pid() as pid')
    return rows[0]!.pid
  }
  const other = await openClient(endpoints, { applicationName: 'bigmind-webhooks migrations' })
  try {
    await other.query('begin')
    const shared = (await backendOf(other)) === backend || (await backendOf(client)) !== backend
    if (!shared) return
  } finally {
    await other.end().catch(() => {})
  }
  throw new DatabaseServerError(
    'DATABASE_URL leads to a connection pooler in transaction mode, in which the service would miss its notifications. ' +
      'Use pool_mode=session for it, or the address of PostgreSQL itself: see "Plan connections" in docs/operations.md.',
  )
}
