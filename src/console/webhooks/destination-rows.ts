import type { DestinationRowFragment, DestinationsQuery } from '../generated/graphql.ts'
import type { WebhooksSearch } from './webhooks-search.ts'

type Page = DestinationsQuery['destinations']
export type Row = Page['nodes'][number]
export type LastAttempt = NonNullable<Row['lastAttempt']>

/** The rows that were loaded, each once, with what was heard of them since. */
export interface Rows {
  byId: ReadonlyMap<string, Row>
  /** Those that were deleted: a page or a change that tells of one was under way before that. */
  gone: ReadonlySet<string>
  /** Where the next page begins; null when there is none. */
  next: string | null
  /** How many the filter matches, as the API counted them last. */
  total: number
}

/** Before the first page. What is heard meanwhile is on that page already. */
export const NO_ROWS: Rows = { byId: new Map(), gone: new Set(), next: null, total: 0 }

/**
 * Adds a page. The first one is the whole truth of the part of the list that it shows: what stood there and
 * is not on it any more is gone.
 */
export function withPage(rows: Rows, page: Page, { first }: { first: boolean }): Rows {
  const loaded = page.nodes.filter(({ id }) => !rows.gone.has(id))
  const last = page.pageInfo.hasNextPage ? (page.nodes.at(-1)?.id ?? '') : ''
  const others = first ? [...rows.byId.values()].filter(({ id }) => id < last) : rows.byId.values()
  const byId = new Map([...others, ...loaded].map((row) => [row.id, row]))
  const further = first && byId.size > loaded.length
  return { ...rows, byId, next: further ? rows.next : nextOf(page), total: page.totalCount }
}

const nextOf = ({ pageInfo }: Page) => (pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null)

/** A destination as it now stands: a new one is added, unless it belongs to a page that is not loaded. */
export function withChange(rows: Rows, changed: DestinationRowFragment): Rows {
  if (rows === NO_ROWS || rows.gone.has(changed.id)) return rows
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
  return { ...rows, byId, gone: new Set(rows.gone).add(id), total }
}

/** Later attempts take the place of earlier ones. */
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

/** The rows to show, newest first: ids sort by creation. What was changed away from the filter is left out. */
export function shownRows({ byId }: Rows, { search, status }: WebhooksSearch): Row[] {
  const wanted = search?.toLowerCase()
  return [...byId.values()]
    .filter((row) => !status || row.status === status)
    .filter(({ name, url }) => !wanted || `${name}\n${url ?? ''}`.toLowerCase().includes(wanted))
    .sort((one, other) => (one.id < other.id ? 1 : -1))
}
