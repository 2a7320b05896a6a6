import type { CombinedError } from '@urql/core'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useClient, useQuery } from 'urql'
import { useDeleted } from '../destination/use-deleted.ts'
import type { AttemptFilter, RecentDeliveriesQuery } from '../generated/graphql.ts'
import { useAfterBreak, useLive } from '../session/use-live.ts'
import { type Attempt, matchesFilter, mergeAttempts } from './attempt-row.ts'
import {
  RecentDeliveriesDocument,
  WatchDeliveriesDocument,
  WatchStatusDocument,
} from './operations.ts'

type Destination = NonNullable<RecentDeliveriesQuery['destination']>

/** Milliseconds. While nothing is known to resume behind, what happens before the live connection stands is asked for. */
const LOOK_EVERY = 3_000

/** The last attempts of a destination, and those that follow: over a broken connection too, each once. */
export function useAttempts(id: string, filter: AttemptFilter) {
  const [{ data, error, fetching, operation }, execute] = useQuery({
    query: RecentDeliveriesDocument,
    variables: useMemo(() => ({ id, filter }), [id, filter]),
    requestPolicy: 'cache-and-network',
  })
  const deleted = useDeleted(id)
  const destination = deleted ? null : (data?.destination ?? null)
  const isOfFilter = JSON.stringify(operation?.variables.filter) === JSON.stringify(filter)
  const listed = useListed(filter, isOfFilter ? destination : null)
  const anchor = destination?.latest.nodes.at(-1)?.id ?? null
  const watch = useLiveAttempts(id, anchor, destination !== null)
  const refresh = () => execute({ requestPolicy: 'network-only' })
  const nothingYet = destination !== null && anchor === null && watch.arrived === 0
  useEffect(() => {
    if (!nothingYet) return
    const timer = setInterval(() => execute({ requestPolicy: 'network-only' }), LOOK_EVERY)
    return () => clearInterval(timer)
  }, [nothingYet, execute])
  useAfterBreak(refresh)
  const status = useStatus(id, destination)
  const older = useOlder(id, filter, isOfFilter ? destination : null)
  const { live, complete } = watch
  const rows = useMemo(() => {
    const before = complete ? [...(listed ?? []), ...older.rows] : []
    return mergeAttempts(before, live.filter(matchesFilter(filter)))
  }, [listed, older.rows, live, complete, filter])
  return {
    destination: destination && { ...destination, status: status ?? destination.status },
    missing: deleted || data?.destination === null,
    loading: listed === null && (fetching || isOfFilter) && !error,
    error,
    retry: refresh,
    /** Newest first, each once. */
    rows,
    /** Those that came while the page was open, in the order in which they were recorded. */
    live,
    /** How many came so far. */
    arrived: watch.arrived,
    /** Why no more come live, as a sentence; null while they do. */
    liveFailure: watch.failure,
    watchAgain: () => {
      refresh()
      watch.again()
    },
    /** Reads older ones; null when there are none. */
    showOlder: complete ? older.showMore : null,
  }
}

/** All that were listed under this filter so far: a list that is read again begins later. Null before the first. */
function useListed(filter: AttemptFilter, destination: Destination | null): Attempt[] | null {
  const [listed, setListed] = useState<{ filter: AttemptFilter; rows: Attempt[] } | null>(null)
  useEffect(() => {
    if (!destination) return
    const { nodes } = destination.attempts
    setListed((before) => ({
      filter,
      rows: mergeAttempts(before?.filter === filter ? before.rows : [], nodes),
    }))
  }, [filter, destination])
  return listed?.filter === filter ? listed.rows : null
}

/** The status as it changed since the destination was read; null while it did not. */
function useStatus(id: string, destination: Destination | null): Destination['status'] | null {
  const [status, setStatus] = useState<Destination['status'] | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was just read is as new
  useEffect(() => setStatus(null), [destination])
  useLive(WatchStatusDocument, {
    key: id,
    variables: () => ({ id }),
    onData: ({ destinationChanged }) => setStatus(destinationChanged.status),
  })
  return status
}

/** Attempts kept on the page. A destination can make as many in a few seconds. */
const MOST = 1_000

interface Live {
  attempts: readonly Attempt[]
  arrived: number
}

function useLiveAttempts(destinationId: string, anchor: string | null, ready: boolean) {
  const [{ attempts, arrived }, setLive] = useState<Live>({ attempts: [], arrived: 0 })
  const [round, setRound] = useState(0)
  const last = useRef<string | null>(null)
  const failure = useLive(WatchDeliveriesDocument, {
    key: ready ? `${destinationId} ${round}` : null,
    // Behind the last one seen, or behind the oldest listed: what comes twice is kept once.
    variables: () => ({ destinationId, after: last.current ?? anchor }),
    onData: ({ deliveryAttempted }) => {
      last.current = deliveryAttempted.id
      setLive((before) => ({
        attempts: [...before.attempts, deliveryAttempted].slice(-MOST),
        arrived: before.arrived + 1,
      }))
    },
  })
  const again = () => {
    last.current = null
    setRound(round + 1)
  }
  /** Whether none that came was dropped: only then is there no gap to those that were listed. */
  const complete = arrived <= MOST
  return { live: attempts, arrived, complete, failure, again }
}

/** Pages behind the first, for as long as the filter stays. */
function useOlder(id: string, filter: AttemptFilter, destination: Destination | null) {
  const client = useClient()
  const [pages, setPages] = useState<Destination['attempts'][]>([])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter begins anew
  useEffect(() => setPages([]), [id, filter])
  const { hasNextPage, endCursor } = (pages.at(-1) ?? destination?.attempts)?.pageInfo ?? {}
  const showMore = async (): Promise<CombinedError | undefined> => {
    const variables = { id, filter, after: endCursor ?? null }
    const { data, error } = await client.query(RecentDeliveriesDocument, variables).toPromise()
    const page = data?.destination?.attempts
    if (page) setPages((shown) => [...shown, page])
    return error
  }
  return {
    rows: useMemo(() => pages.flatMap(({ nodes }) => nodes), [pages]),
    showMore: hasNextPage ? showMore : null,
  }
}
