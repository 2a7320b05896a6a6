import type { DestinationRowFragment, DestinationsQuery } from '../generated/graphql.ts'
import type { WebhooksSearch } from './webhooks-search.ts'

type Page = DestinationsQuery['destinations']
export type Row = Page['nodes'][number]
export type LastAttempt = NonNullable<Row['lastAttempt']>

/** The loaded rows, each once, with the changes received since. */
export interface Rows {
  byId: ReadonlyMap<string, Row>
  /** Ids of deleted rows. A page or change that was read before the deletion must not add one again. */
  deleted: ReadonlySet<string>
  /** The cursor of the next page; null if there is none. */
  next: string | null
  /** The number of rows that match the filter, as the API last counted them. */
  total: number
}

/** Nothing is loaded. Changes are ignored, because the first page includes them. */
export const NO_ROWS: Rows = { byId: new Map(), deleted: new Set(), next: null, total: 0 }

/**
 * Adds a page. The first page replaces the part of the list that it covers, so that rows that are not on it any more
 * disappear.
 */
export function withPage(rows: Rows, page: Page, { first }: { first: boolean }): Rows {
  const loaded = page.nodes.filter(({ id }) => !rows.deleted.has(id))
  const last = page.pageInfo.hasNextPage ? (page.nodes.at(-1)?.id ?? '') : ''
  const others = first ? [...rows.byId.values()].filter(({ id }) => id < last) : rows.byId.values()
  const byId = new Map([...others, ...loaded].map((row) => [row.id, row]))
  const further = first && byId.size > loaded.length
  return { ...rows, byId, next: further ? rows.next : nextOf(page), total: page.totalCount }
}

const nextOf = ({ pageInfo }: Page) => (pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null)

/** Replaces or adds a row. A new row is ignored if it belongs to a page that is not loaded. */
export function withChange(rows: Rows, changed: DestinationRowFragment): Rows {
  if (rows === NO_ROWS || rows.deleted.has(changed.id)) return rows
  const known = rows.byId.get(changed.id)
  if (!known && rows.next !== null && [...rows.byId.keys()].every((id) => changed.id < id))
    return rows
  const row = { ...changed, lastAttempt: known?.lastAttempt ?? null }
  const total = rows.total + (known ? 0 : 1)
  return { ...rows, byId: new Map(rows.byId).set(changed.id, row), total }
}

export function withoutRow(rows: Rows, id: string): Rows {
  if (rows === NO_ROWS) return rows
  const byId = new Map(rows.byId)
  const total = rows.total - (byId.delete(id) ? 1 : 0)
  return { ...rows, byId, deleted: new Set(rows.deleted).add(id), total }
}

/** Replaces the last attempt of rows, unless the row has a later one. */
export function withAttempts(rows: Rows, attempts: ReadonlyMap<string, LastAttempt>): Rows {
  if (rows === NO_ROWS) return rows
  const byId = new Map(rows.byId)
  for (const [id, lastAttempt] of attempts) {
    const row = byId.get(id)
    if (row && lastAttempt.attemptedAt > (row.lastAttempt?.attemptedAt ?? '')) {
      byId.set(id, { ...row, lastAttempt })
    }
  }
  return { ...rows, byId }
}

/** Returns the rows to show, newest first, because ids sort by creation. Leaves out rows that no longer match. */
export function shownRows({ byId }: Rows, { search, status }: WebhooksSearch): Row[] {
  const wanted = search?.toLowerCase()
  return [...byId.values()]
    .filter((row) => !status || row.status === status)
    .filter(({ name, url }) => !wanted || `${name}\n${url ?? ''}`.toLowerCase().includes(wanted))
    .sort((one, other) => (one.id < other.id ? 1 : -1))
}
