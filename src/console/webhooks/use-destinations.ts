import { useEffect, useMemo, useReducer, useRef } from 'react'
import { useClient, useQuery } from 'urql'
import type { DestinationsQueryVariables } from '../generated/graphql.ts'
import { useAfterReconnection, useLive } from '../session/use-live.ts'
import { useOptimisticValue } from '../use-optimistic-value.ts'
import {
  type LastAttempt,
  NO_ROWS,
  type Rows,
  shownRows,
  withAttempts,
  withChange,
  withoutRow,
  withPage,
} from './destination-rows.ts'
import {
  DeleteDestinationDocument,
  DestinationsDocument,
  WatchDeletionsDocument,
  WatchDestinationsDocument,
  WatchLastAttemptsDocument,
} from './operations.ts'
import type { WebhooksSearch } from './webhooks-search.ts'

type Change = (rows: Rows) => Rows

/** Milliseconds for which attempts are collected before they are shown: there may be thousands a second. */
const COLLECT_MS = 300

/** Invalidates the cached list after a destination is created, also if the list was empty, and after one is deleted. */
const TYPES = { additionalTypenames: ['Destination'] }
const CONTEXT = { ...TYPES, requestPolicy: 'cache-and-network' as const }

/** Reads the list of destinations and keeps it up to date while it is shown. */
export function useDestinations(search: WebhooksSearch) {
  const client = useClient()
  const [rows, change] = useReducer((before: Rows, apply: Change) => apply(before), NO_ROWS)
  const variables = useMemo(() => ({ filter: filterOf(search) }), [search])
  const { error, retry } = useFirstPage(variables, change)
  useLiveChanges(change)
  const loadMore = async () => {
    const after = rows.next
    const more = await client.query(DestinationsDocument, { ...variables, after }).toPromise()
    const page = more.data?.destinations
    if (page) change((before) => withPage(before, page, { first: false }))
    return more.error
  }
  const [shownState, applyChange] = useOptimisticValue(rows)
  const shown = shownRows(shownState, search)
  const remove = async (id: string) => {
    const { error } = await client.mutation(DeleteDestinationDocument, { id }, TYPES).toPromise()
    if (!error) change((before) => withoutRow(before, id))
    return error
  }
  return {
    rows: shown,
    // With every page loaded, the number of rows is known.
    total: rows.next === null ? shown.length : shownState.total,
    hasMore: rows.next !== null,
    // The query's own state ends a moment before its rows are in `rows`.
    loading: rows === NO_ROWS,
    error,
    retry,
    loadMore,
    /** Deletes a destination and hides it at once. Resolves to the error, if there was one; the row is then shown again. */
    remove: (id: string) =>
      applyChange(
        (before) => withoutRow(before, id),
        () => remove(id),
      ),
  }
}

type ChangeRows = (change: Change) => void

/** Reads the first page for a filter, and again after each reconnection. */
function useFirstPage(variables: DestinationsQueryVariables, change: ChangeRows) {
  const [{ data, error, fetching }, refresh] = useQuery({
    query: DestinationsDocument,
    variables,
    context: CONTEXT,
  })
  const list = useRef<typeof variables | null>(variables)
  useEffect(() => {
    // During a fetch, the data is still that of the previous filter.
    if (!data || fetching) return
    const isNewList = list.current !== variables
    list.current = variables
    change((before) =>
      withPage(isNewList ? { ...NO_ROWS, deleted: before.deleted } : before, data.destinations, {
        first: true,
      }),
    )
  }, [data, fetching, variables, change])
  const retry = () => refresh({ requestPolicy: 'network-only' })
  useAfterReconnection(() => {
    // Rows of further pages may be deleted too, so those pages are loaded again on demand.
    list.current = null
    retry()
  })
  return { error, retry }
}

/** Applies changes, deletions and attempts that are received live. */
function useLiveChanges(change: ChangeRows): void {
  useLive(WatchDestinationsDocument, {
    key: 'all',
    variables: () => ({}),
    onData: ({ destinationChanged }) => change((before) => withChange(before, destinationChanged)),
  })
  useLive(WatchDeletionsDocument, {
    key: 'all',
    variables: () => ({}),
    onData: ({ destinationDeleted: { id } }) => change((before) => withoutRow(before, id)),
  })
  useLastAttempts((attempts) => change((before) => withAttempts(before, attempts)))
}

const filterOf = ({ search, status }: WebhooksSearch) => ({
  search: search ?? null,
  status: status ? [status] : null,
})

function useLastAttempts(onAttempts: (attempts: Map<string, LastAttempt>) => void): void {
  const collected = useRef(new Map<string, LastAttempt>())
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  const flush = () => {
    timer.current = null
    onAttempts(collected.current)
    collected.current = new Map()
  }
  useLive(WatchLastAttemptsDocument, {
    key: 'all',
    variables: () => ({}),
    onData: ({ deliveryAttempted: { destination, attemptedAt, status } }) => {
      collected.current.set(destination.id, { attemptedAt, status })
      timer.current ??= setTimeout(flush, COLLECT_MS)
    },
  })
}
