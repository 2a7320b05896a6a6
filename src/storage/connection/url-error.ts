/** DATABASE_URL, or a parameter from elsewhere, is not valid. The message says what to change, without the password. */
export class DatabaseUrlError extends Error {
  override name = 'DatabaseUrlError'
}

export type Env = Record<string, string | undefined>

/** The connection parameters, by their names in libpq. */
export type Parameters = Record<string, string>

/** Runs `read`. @throws DatabaseUrlError for a file that cannot be read */
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
