import type { CombinedError } from '@urql/core'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useClient, useQuery } from 'urql'
import { useDeleted } from '../destination/use-deleted.ts'
import type { AttemptFilter, RecentDeliveriesQuery } from '../generated/graphql.ts'
import { useAfterReconnection, useLive } from '../session/use-live.ts'
import { type Attempt, matchesFilter, mergeAttempts } from './attempt-row.ts'
import {
  RecentDeliveriesDocument,
  WatchDeliveriesDocument,
  WatchStatusDocument,
} from './operations.ts'

type Destination = NonNullable<RecentDeliveriesQuery['destination']>

/**
 * Milliseconds between two reads while the destination has no attempts. There is then no attempt to resume after, so
 * one that is made before the live connection opens is found only by reading.
 */
const POLL_INTERVAL_MS = 3_000

/** Reads the last attempts of a destination and receives further ones live, each once, also after a broken connection. */
export function useAttempts(id: string, filter: AttemptFilter) {
  const [{ data, error, fetching, operation }, execute] = useQuery({
    query: RecentDeliveriesDocument,
    variables: useMemo(() => ({ id, filter }), [id, filter]),
    requestPolicy: 'cache-and-network',
  })
  const deleted = useDeleted(id)
  const destination = deleted ? null : (data?.destination ?? null)
  const isCurrent = JSON.stringify(operation?.variables.filter) === JSON.stringify(filter)
  const listed = useListed(filter, isCurrent ? destination : null)
  const anchor = destination?.latest.nodes.at(-1)?.id ?? null
  const watch = useLiveAttempts(id, anchor, destination !== null)
  const refresh = () => execute({ requestPolicy: 'network-only' })
  const isEmpty = destination !== null && anchor === null && watch.received === 0
  useEffect(() => {
    if (!isEmpty) return
    const timer = setInterval(() => execute({ requestPolicy: 'network-only' }), POLL_INTERVAL_MS)
    return () => clearInterval(timer)
  }, [isEmpty, execute])
  useAfterReconnection(refresh)
  const status = useStatus(id, destination)
  const older = useOlder(id, filter, isCurrent ? destination : null)
  const { live, complete } = watch
  const rows = useMemo(() => {
    const before = complete ? [...(listed ?? []), ...older.rows] : []
    return mergeAttempts(before, live.filter(matchesFilter(filter)))
  }, [listed, older.rows, live, complete, filter])
  return {
    destination: destination && { ...destination, status: status ?? destination.status },
    missing: deleted || data?.destination === null,
    loading: listed === null && (fetching || isCurrent) && !error,
    error,
    retry: refresh,
    /** Newest first, each once. */
    rows,
    /** The attempts received live, in the order in which they were recorded. */
    live,
    /** The number of attempts received live. */
    received: watch.received,
    /** Why the live updates stopped, as a sentence; null while they run. */
    liveFailure: watch.failure,
    resume: () => {
      refresh()
      watch.restart()
    },
    /** Loads older attempts; null if there are none. */
    showOlder: complete ? older.showMore : null,
  }
}

/**
 * Returns all attempts that were read with the current filter; null before the first read. Keeps the attempts of
 * earlier reads, because a later read starts at a later attempt.
 */
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

/** Returns the status received live since the destination was read; null if there was none. */
function useStatus(id: string, destination: Destination | null): Destination['status'] | null {
  const [status, setStatus] = useState<Destination['status'] | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new read replaces the live status
  useEffect(() => setStatus(null), [destination])
  useLive(WatchStatusDocument, {
    key: id,
    variables: () => ({ id }),
    onData: ({ destinationChanged }) => setStatus(destinationChanged.status),
  })
  return status
}

/** The number of live attempts kept on the page. A destination can make as many in a few seconds. */
const MAX_LIVE_ATTEMPTS = 1_000

interface Live {
  attempts: readonly Attempt[]
  received: number
}

function useLiveAttempts(destinationId: string, anchor: string | null, ready: boolean) {
  const [{ attempts, received }, setLive] = useState<Live>({ attempts: [], received: 0 })
  const [round, setRound] = useState(0)
  const last = useRef<string | null>(null)
  const failure = useLive(WatchDeliveriesDocument, {
    key: ready ? `${destinationId} ${round}` : null,
    // After the last one received, or after the oldest listed. Duplicates are merged.
    variables: () => ({ destinationId, after: last.current ?? anchor }),
    onData: ({ deliveryAttempted }) => {
      last.current = deliveryAttempted.id
      setLive((before) => ({
        attempts: [...before.attempts, deliveryAttempted].slice(-MAX_LIVE_ATTEMPTS),
        received: before.received + 1,
      }))
    },
  })
  const restart = () => {
    last.current = null
    setRound(round + 1)
  }
  /** Whether all live attempts are kept, so that there is no gap between them and the listed ones. */
  const complete = received <= MAX_LIVE_ATTEMPTS
  return { live: attempts, received, complete, failure, restart }
}

/** Loads the pages after the first one. Drops them when the filter changes. */
function useOlder(id: string, filter: AttemptFilter, destination: Destination | null) {
  const client = useClient()
  const [pages, setPages] = useState<Destination['attempts'][]>([])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter starts a new list
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
