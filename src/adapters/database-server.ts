import type pg from 'pg'

/** The service cannot work with this server or database. The message says why, and what to change. */
export class DatabaseServerError extends Error {
  override name = 'DatabaseServerError'
}

/** Server versions as in server_version_num. */
const OLDEST_VERSION = 150_000

/**
 * Checks on a new connection what the service needs of the server and the database.
 * @throws DatabaseServerError
 */
export async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{
    database: string
    encoding: string
    standby: boolean
    version: number
    versionText: string
  }>(
    `select current_database() as database, current_setting('server_encoding') as encoding,
      pg_is_in_recovery() as standby, current_setting('server_version_num')::int as version,
      current_setting('server_version') as "versionText"`,
  )
  const { database, encoding, standby, version, versionText } = rows[0]!
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
}
