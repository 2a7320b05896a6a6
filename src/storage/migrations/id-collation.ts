import type pg from 'pg'
import type { Logger } from '../../telemetry/logger.ts'
import { ADVISORY_LOCKS } from '../advisory-locks.ts'
import { createEndpoints, openClient } from '../connection/client.ts'
import type { Sql } from '../database.ts'
import {
  type Column,
  exchangeIndexes,
  finishExchange,
  hasLateIndexes,
  type Index,
} from './index-exchange.ts'
import { describeHolder, findLockHolder, reportWaits } from './lock-waits.ts'

/** Milliseconds between the checks of a worker whether ids still have the collation of the database. */
export const ID_COLLATION_INTERVAL_MS = 60_000

/** Milliseconds between the checks whether building an index is waiting for another transaction. */
const WAIT_REPORT_INTERVAL_MS = 10_000

/** The application name of older releases, whose prepared statements would fail after the exchange. */
const OLDER_RELEASE = 'bigmind-webhooks'

interface Ports {
  url: string
  log: Logger
  /** Default: `WAIT_REPORT_INTERVAL_MS`. */
  intervalMs?: number
}

/**
 * Changes the collation of each column with an id to "C", in which ids ascend with time, while the service runs. Builds the new
 * indexes concurrently beside the old ones, then exchanges them in one short transaction, once no older release is connected.
 * Partial indexes cannot be exchanged: the one that deliveries are sent by is small and rebuilt in that transaction, the others
 * are built after it. The next call completes an interrupted migration. Two queries when all columns have the collation.
 * @param signal ends it early
 * @returns whether all columns have the collation
 */
export async function migrateIdCollation(
  { url, log, intervalMs = WAIT_REPORT_INTERVAL_MS }: Ports,
  signal: AbortSignal,
): Promise<boolean> {
  const client = await openClient(createEndpoints(url), {
    applicationName: 'bigmind-webhooks maintenance',
  })
  const abort = () => void client.end().catch(() => {})
  signal.addEventListener('abort', abort)
  const stopReporting = await reportWaits(client, { url, log, intervalMs })
  try {
    return await collate({ client, log }, signal)
  } catch (error) {
    if (signal.aborted) return false
    throw error
  } finally {
    stopReporting()
    signal.removeEventListener('abort', abort)
    await client.end().catch(() => {})
  }
}

/** @returns whether nothing is left to do */
async function collate(
  { client, log }: { client: pg.Client; log: Logger },
  signal: AbortSignal,
): Promise<boolean> {
  const columns = await columnsToCollate(client)
  if (columns.length === 0 && !(await hasLateIndexes(client))) return true
  const { rows: locked } = await client.query('select pg_try_advisory_lock($1) as ours', [
    ADVISORY_LOCKS.idCollation,
  ])
  if (!locked[0].ours || signal.aborted) return false
  if (columns.length === 0) return finishExchange(client)
  const indexes = await indexesOn(client, columns)
  // An index that is built in parallel takes the CPU that publications and deliveries need.
  await client.query('set max_parallel_maintenance_workers = 0')
  log.info({ indexes: indexes.length }, 'building the indexes by which ids sort by bytes')
  for (const index of indexes) await buildTwin(client, index)
  if (await isOlderReleaseConnected(client)) {
    log.info({}, 'ids get their collation once no process of an older release is connected')
    return false
  }
  if (!(await exchangeIndexes(client, columns, indexes))) {
    await warnOfLock(client, log)
    return false
  }
  log.info({}, 'ids sort by bytes now')
  return finishExchange(client)
}

async function warnOfLock(client: pg.Client, log: Logger): Promise<void> {
  const holder = await findLockHolder(client)
  log.warn(
    { ...holder },
    `ids do not sort by bytes yet, and the next try is in ${ID_COLLATION_INTERVAL_MS / 1_000} s: ` +
      `a table was locked by ${describeHolder(holder)}`,
  )
}

async function columnsToCollate(client: pg.Client): Promise<Column[]> {
  const { rows } = await client.query<Column>(OTHER_COLLATIONS)
  return rows
}

/** Whether ids ascend with time in the order of the database. Deleting events older than a time relies on it. */
export async function idsAreByteOrdered(sql: Sql): Promise<boolean> {
  return (await sql.query(OTHER_COLLATIONS)).length === 0
}

const OTHER_COLLATIONS = `
    select quote_ident(relname) as table, quote_ident(attname) as column
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    where relnamespace = current_schema()::regnamespace and relkind = 'r' and attnum > 0
      and not attisdropped and atttypid = 'text'::regtype and attname ~ '^(id|.*_id)$'
      and attname not in ('external_id', 'user_id') and attcollation <> '"C"'::regcollation
    order by relname, attnum`

/** Returns the indexes that changing the columns would rebuild, except partial ones. */
async function indexesOn(client: pg.Client, columns: readonly Column[]): Promise<Index[]> {
  const collated = new Set(columns.map(({ table, column }) => `${table}.${column}`))
  const { rows } = await client.query<Index>(
    `select quote_ident(index.relname) as name, quote_ident(index.relname || '_c') as twin,
      quote_ident(owner.relname) as table, indisunique as unique, contype as constraint,
      array(
        select pg_get_indexdef(indexrelid, position, true)
        from generate_series(1, indnkeyatts) as position
      ) as columns
    from pg_index
    join pg_class as index on index.oid = indexrelid
    join pg_class as owner on owner.oid = indrelid
    left join pg_constraint on conindid = indexrelid and contype in ('p', 'u')
    where owner.relnamespace = current_schema()::regnamespace and indpred is null
      and index.relname !~ '_c$'`,
  )
  return rows
    .filter(({ table, columns: its }) => its.some((one) => collated.has(`${table}.${one}`)))
    .map((index) => ({
      ...index,
      columns: index.columns.map((one) =>
        collated.has(`${index.table}.${one}`) ? `${one} collate "C"` : one,
      ),
    }))
}

/** Builds the new index without blocking writes. An interrupted build leaves an invalid index, which is rebuilt. */
async function buildTwin(client: pg.Client, index: Index): Promise<void> {
  const { rows } = await client.query<{ valid: boolean }>(
    'select indisvalid as valid from pg_index where indexrelid = to_regclass($1)',
    [index.twin],
  )
  if (rows[0]?.valid) return
  await client.query(`drop index concurrently if exists ${index.twin}`)
  await client.query(
    `create ${index.unique ? 'unique' : ''} index concurrently ${index.twin}
    on ${index.table} (${index.columns.join(', ')})`,
  )
}

async function isOlderReleaseConnected(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_stat_activity where datname = current_database() and application_name = $1 limit 1`,
    [OLDER_RELEASE],
  )
  return rows.length > 0
}
