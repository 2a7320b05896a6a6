import type { Sql } from '../../src/storage/database.ts'
import { lowestId } from '../../src/storage/ids.ts'

/** The time at which the pages are shown. */
export const NOW = new Date('2026-01-15T10:30:20.000Z')

export const secondsAgo = (seconds: number) => new Date(NOW.getTime() - seconds * 1000)

export const minutesAgo = (minutes: number) => secondsAgo(minutes * 60)

type Prefix = Parameters<typeof lowestId>[0]

/** Returns an id created at a time. `number` makes ids of the same time unique. */
export const idOf = (prefix: Prefix, time: Date, number: number) =>
  lowestId(prefix, time).slice(0, -6) + String(number).padStart(6, '0')

/** Inserts rows that all have the columns of the first one. */
export async function insert(sql: Sql, table: string, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0]!).join(', ')
  await sql.query(
    `insert into ${table} (${columns})
    select ${columns} from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
    [JSON.stringify(rows)],
  )
}
