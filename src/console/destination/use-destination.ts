import { useEffect, useState } from 'react'
import { useQuery } from 'urql'
import type { DestinationDetailFragment } from '../generated/graphql.ts'
import { useAfterReconnection, useLive } from '../session/use-live.ts'
import { useOptimisticValue } from '../use-optimistic-value.ts'
import { DestinationDocument, WatchDestinationDocument } from './operations.ts'
import { useDeleted } from './use-deleted.ts'

export type Detail = DestinationDetailFragment

/**
 * Changes a destination. The expected values show at once.
 * @param request sends the change; resolves to the changed destination, or to null if the API refused
 */
export type ChangeDestination = (
  expected: Partial<Detail>,
  request: () => Promise<Detail | null>,
) => Promise<void>

const CONTEXT = { requestPolicy: 'cache-and-network' as const }

/** Reads a destination and keeps it up to date. */
export function useDestination(id: string) {
  const [{ data, error, fetching }, refresh] = useQuery({
    query: DestinationDocument,
    variables: { id },
    context: CONTEXT,
  })
  const [changed, setChanged] = useState<Detail | null>(null)
  useEffect(() => setChanged(data?.destination ?? null), [data])
  useLive(WatchDestinationDocument, {
    key: id,
    variables: () => ({ id }),
    onData: ({ destinationChanged }) => setChanged(destinationChanged),
  })
  const deleted = useDeleted(id)
  const retry = () => refresh({ requestPolicy: 'network-only' })
  useAfterReconnection(retry)
  const confirmed = changed?.id === id ? changed : fetching ? undefined : data?.destination
  const [destination, applyChange] = useOptimisticValue(confirmed)
  const change: ChangeDestination = (expected, request) =>
    applyChange(
      (now) => now && { ...now, ...expected },
      async () => {
        const result = await request()
        if (result) setChanged(result)
      },
    )
  return {
    /** Undefined while it loads; null if it does not exist. */
    destination: deleted ? null : destination,
    error: deleted ? undefined : error,
    retry,
    change,
  }
}
