/** DATABASE_URL, or what completes it, cannot be used. The message says what to change, and has no password. */
export class DatabaseUrlError extends Error {
  override name = 'DatabaseUrlError'
}

export type Env = Record<string, string | undefined>

/** The parameters of a connection, as libpq names them. */
export type Parameters = Record<string, string>

/** @throws DatabaseUrlError for a file that cannot be read */
export function readable<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    throw new DatabaseUrlError(
      `The file ${path}, which the connection to the database needs, cannot be read (${code}). See service, sslrootcert, sslcert, sslkey and sslcrl in DATABASE_URL and the PG* variables.`,
    )
  }
}
