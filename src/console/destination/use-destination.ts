import { useEffect, useState } from 'react'
import { useQuery } from 'urql'
import type { DestinationDetailFragment } from '../generated/graphql.ts'
import { useAfterBreak, useLive } from '../session/use-live.ts'
import { useOptimisticValue } from '../use-optimistic-value.ts'
import { DestinationDocument, WatchDestinationDocument } from './operations.ts'
import { useDeleted } from './use-deleted.ts'

export type Detail = DestinationDetailFragment

/**
 * Changes a destination. It shows as expected at once.
 * @param ask asks the API for it; null when that was refused, and the destination is as it was
 */
export type ChangeDestination = (
  expected: Partial<Detail>,
  ask: () => Promise<Detail | null>,
) => Promise<void>

const CONTEXT = { requestPolicy: 'cache-and-network' as const }

/** A destination as it last was told, by whichever way. */
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
  useAfterBreak(retry)
  const told = changed?.id === id ? changed : fetching ? undefined : data?.destination
  const [destination, expect] = useOptimisticValue(told)
  const change: ChangeDestination = (expected, ask) =>
    expect(
      (now) => now && { ...now, ...expected },
      async () => {
        const answer = await ask()
        if (answer) setChanged(answer)
      },
    )
  return {
    /** Undefined while it loads, null when there is none. */
    destination: deleted ? null : destination,
    error: deleted ? undefined : error,
    retry,
    change,
  }
}
