import type pg from 'pg'

/** The state of the server that decides whether a connection can be used. */
export interface ServerState {
  /** Whether the server is a standby, which accepts no writes. */
  standby: boolean
}

export interface SessionSettings {
  /** The schema with the service's own tables. */
  schema: string
  /** Milliseconds; 0 for no limit. */
  statementTimeoutMs: number
  /** Milliseconds; 0 for no limit. */
  idleInTransactionTimeoutMs: number
}

/**
 * Every setting that changes the meaning, the result or the end of a statement of the service. The owner of a database or
 * role may have changed any of them, so each connection sets them all.
 *
 * - Values are exchanged as text: time zone, date style, intervals, bytes, floats, NULL in arrays.
 * - Statements rely on read committed, on writing, and on `x = null` being null.
 * - The service sets its own time limits. There is none for locks, since their order prevents most deadlocks.
 * - `enable_seqscan` is off because every statement has an index. In a new database without statistics, the planner assumes
 *   small tables and chooses sequential scans, and prepared statements keep these plans while the tables grow: publishing
 *   and delivering 60 events then reads the whole event table 384 times (`young-database.test.ts`). `random_page_cost` alone
 *   still leaves some scans, `plan_cache_mode` would plan each statement again, and statistics cannot be set before
 *   PostgreSQL 18. Tables without an index are still scanned; `jit` is off because servers before 18 would compile such
 *   plans for their cost.
 */
const FIXED: Record<string, string> = {
  client_encoding: 'UTF8',
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  gin_fuzzy_search_limit: '0',
  session_replication_role: 'origin',
  row_security: 'on',
  exit_on_error: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
  lock_timeout: '0',
  transaction_timeout: '0',
  idle_session_timeout: '0',
  plan_cache_mode: 'auto',
  enable_indexscan: 'on',
  enable_seqscan: 'off',
  jit: 'off',
}

/**
 * Returns the first statements of each connection, one round trip: they set the session settings and return the state of the
 * server. They skip settings that the server does not have (transaction_timeout before 17), and those that have the value
 * already, since some require privileges.
 */
export function sessionStatements(settings: SessionSettings): string {
  const values = Object.entries({
    ...FIXED,
    search_path: `"${settings.schema}"`,
    statement_timeout: String(settings.statementTimeoutMs),
    idle_in_transaction_session_timeout: String(settings.idleInTransactionTimeoutMs),
  }).map(([name, value]) => `('${name}', '${value}')`)
  return `select count(set_config(name, value, false))
    from (
      values ${values.join(', ')},
      ('synchronous_commit', (
        select case setting when 'off' then 'on' else setting end
        from current_setting('synchronous_commit') as setting
      ))
    ) as wanted (name, value)
    where current_setting(name, true) <> value;
    select pg_is_in_recovery() as standby`
}

/** Makes a new connection independent of the defaults of the server, the database and the role. */
export async function beginSession(
  client: pg.ClientBase,
  settings: SessionSettings,
): Promise<ServerState> {
  // pg returns one result for each statement of a text, unlike its types.
  const results = (await client.query(sessionStatements(settings))) as unknown as pg.QueryResult[]
  return results[1]!.rows[0] as ServerState
}
