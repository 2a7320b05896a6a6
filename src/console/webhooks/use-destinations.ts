import { useEffect, useMemo, useReducer, useRef } from 'react'
import { useClient, useQuery } from 'urql'
import { useAfterBreak, useLive } from '../session/use-live.ts'
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

/** Milliseconds in which attempts are gathered: there may be thousands a second. */
const GATHER = 300

/** So that creating one shows in a list that was empty, and deleting one in any. */
const TYPES = { additionalTypenames: ['Destination'] }
const CONTEXT = { ...TYPES, requestPolicy: 'cache-and-network' as const }

/** The list of destinations, kept up to date while it is shown. */
export function useDestinations(search: WebhooksSearch) {
  const client = useClient()
  const [rows, change] = useReducer((before: Rows, apply: Change) => apply(before), NO_ROWS)
  const variables = useMemo(() => ({ filter: filterOf(search) }), [search])
  const [{ data, error, fetching }, refresh] = useQuery({
    query: DestinationsDocument,
    variables,
    context: CONTEXT,
  })
  const list = useRef<typeof variables | null>(variables)
  useEffect(() => {
    // While it fetches, the data is that of the filter before.
    if (!data || fetching) return
    const anew = list.current !== variables
    list.current = variables
    change((before) =>
      withPage(anew ? { ...NO_ROWS, gone: before.gone } : before, data.destinations, {
        first: true,
      }),
    )
  }, [data, fetching, variables])
  useAfterBreak(() => {
    // What is on further pages may be gone as well: they are loaded again when they are asked for.
    list.current = null
    refresh({ requestPolicy: 'network-only' })
  })
  useLive(WatchDestinationsDocument, {
    key: 'all',
    variables: () => ({}),
    onData: ({ destinationChanged }) => change((before) => withChange(before, destinationChanged)),
  })
  const forget = (id: string) => change((before) => withoutRow(before, id))
  useLive(WatchDeletionsDocument, {
    key: 'all',
    variables: () => ({}),
    onData: ({ destinationDeleted }) => forget(destinationDeleted.id),
  })
  useLastAttempts((attempts) => change((before) => withAttempts(before, attempts)))

  const loadMore = async () => {
    const after = rows.next
    const more = await client.query(DestinationsDocument, { ...variables, after }).toPromise()
    const page = more.data?.destinations
    if (page) change((before) => withPage(before, page, { first: false }))
    return more.error
  }
  const [expected, expect] = useOptimisticValue(rows)
  const shown = shownRows(expected, search)
  return {
    rows: shown,
    // With all of them here nobody needs to be asked.
    total: rows.next === null ? shown.length : expected.total,
    hasMore: rows.next !== null,
    // Not what the query says: its first rows are taken over a moment later.
    loading: rows === NO_ROWS,
    error,
    retry: () => refresh({ requestPolicy: 'network-only' }),
    loadMore,
    /** Deletes one, which is gone at once. Resolves to what went wrong, if anything did: then it is back. */
    remove: (id: string) =>
      expect(
        (before) => withoutRow(before, id),
        async () => {
          const { error } = await client
            .mutation(DeleteDestinationDocument, { id }, TYPES)
            .toPromise()
          if (!error) forget(id)
          return error
        },
      ),
  }
}

const filterOf = ({ search, status }: WebhooksSearch) => ({
  search: search ?? null,
  status: status ? [status] : null,
})

function useLastAttempts(onAttempts: (attempts: Map<string, LastAttempt>) => void): void {
  const gathered = useRef(new Map<string, LastAttempt>())
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  const flush = () => {
    timer.current = null
    onAttempts(gathered.current)
    gathered.current = new Map()
  }
  useLive(WatchLastAttemptsDocument, {
    key: 'all',
    variables: () => ({}),
    onData: ({ deliveryAttempted: { destination, attemptedAt, status } }) => {
      gathered.current.set(destination.id, { attemptedAt, status })
      timer.current ??= setTimeout(flush, GATHER)
    },
  })
}
