import { describe, expect, test } from 'vitest'
import {
  NO_ROWS,
  type Rows,
  shownRows,
  withAttempts,
  withChange,
  withoutRow,
  withPage,
} from '../../src/console/webhooks/destination-rows.ts'

const destination = (id: string, status: 'ACTIVE' | 'DISABLED' = 'ACTIVE') => ({
  id,
  status,
  name: `Name of ${id}`,
  url: null,
  events: [],
  failureCount: 0,
  failureLimit: 15,
})

const page = (ids: string[], endCursor: string | null, totalCount = ids.length) => ({
  totalCount,
  pageInfo: { hasNextPage: endCursor !== null, endCursor },
  nodes: ids.map((id) => ({ ...destination(id), lastAttempt: null })),
})

const idsOf = (rows: Rows) => shownRows(rows, {}).map(({ id }) => id)

describe('the list of destinations', () => {
  const two = withPage(NO_ROWS, page(['9', '8', '7'], 'after 7', 5), { first: true })
  const all = withPage(two, page(['6', '5'], null, 5), { first: false })

  test('has the rows of all pages, newest first', () => {
    expect(idsOf(all)).toEqual(['9', '8', '7', '6', '5'])
    expect(two.next).toBe('after 7')
    expect(all.next).toBeNull()
  })

  test('has each row once when a page repeats rows', () => {
    const more = withPage(all, page(['7', '6', '5'], null, 5), { first: false })
    expect(idsOf(more)).toEqual(['9', '8', '7', '6', '5'])
  })

  test('keeps further pages when the first is read again, and drops rows missing from it', () => {
    const anew = withPage(all, page(['A', '9', '7'], 'after 7', 5), { first: true })
    expect(idsOf(anew)).toEqual(['A', '9', '7', '6', '5'])
    expect(anew.next).toBeNull()
  })

  test('adds a new destination unless it belongs to a page that is not loaded', () => {
    expect(idsOf(withChange(two, destination('A')))).toEqual(['A', '9', '8', '7'])
    expect(idsOf(withChange(two, destination('6')))).toEqual(['9', '8', '7'])
  })

  test('drops a row that no longer matches the filter', () => {
    const changed = withChange(all, destination('8', 'DISABLED'))
    expect(shownRows(changed, { status: 'DISABLED' }).map(({ id }) => id)).toEqual(['8'])
    expect(shownRows(changed, { search: 'OF 9' }).map(({ id }) => id)).toEqual(['9'])
  })

  test('decrements the total once when a row is deleted', () => {
    const rest = withoutRow(all, '8')
    expect(idsOf(rest)).toEqual(['9', '7', '6', '5'])
    expect(rest.total).toBe(4)
    expect(withoutRow(rest, '8').total).toBe(4)
  })

  test('ignores a page or change read before a deletion', () => {
    const rest = withoutRow(two, '8')
    expect(idsOf(withChange(rest, destination('8')))).toEqual(['9', '7'])
    const late = page(['9', '8', '7'], 'after 7', 5)
    expect(idsOf(withPage(rest, late, { first: true }))).toEqual(['9', '7'])
    const further = page(['6', '5'], null, 5)
    expect(idsOf(withPage(withoutRow(two, '6'), further, { first: false }))).not.toContain('6')
    expect(withoutRow(NO_ROWS, '9')).toBe(NO_ROWS)
  })

  test('shows the latest attempt, whatever the order in which attempts arrive', () => {
    const at = (attemptedAt: string) =>
      new Map([['9', { attemptedAt, status: 'SUCCEEDED' as const }]])
    const later = withAttempts(all, at('2026-01-01T00:00:02.000Z'))
    const both = withAttempts(later, at('2026-01-01T00:00:01.000Z'))
    expect(both.byId.get('9')?.lastAttempt?.attemptedAt).toBe('2026-01-01T00:00:02.000Z')
    expect(withChange(both, destination('9')).byId.get('9')?.lastAttempt).not.toBeNull()
  })
})
