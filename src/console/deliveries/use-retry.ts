import { useEffect, useState } from 'react'
import { useMutation } from 'urql'
import { useToast } from '../elements/toast.tsx'
import { errorMessage } from '../session/client.ts'
import { useOptimisticValue } from '../use-optimistic-value.ts'
import type { AttemptDetails } from './attempt-row.ts'
import { RetryDeliveryDocument } from './operations.ts'

type Delivery = AttemptDetails['delivery']

/**
 * Sends a delivery again. It shows as pending at once, and as before if the API refuses.
 * @param refresh reads the delivery again and resolves when the result is shown
 */
export function useRetry(confirmed: Delivery, refresh: () => Promise<unknown>) {
  const toast = useToast()
  const [delivery, applyChange] = useOptimisticValue(confirmed)
  const [{ fetching }, retry] = useMutation(RetryDeliveryDocument)
  const [error, setError] = useState<string | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: removes the error when the delivery has changed
  useEffect(() => setError(null), [confirmed.id, confirmed.status])
  const send = () => {
    setError(null)
    return applyChange(pendingAfter(confirmed), async () => {
      const { data, error: failure } = await retry({ id: confirmed.id })
      const result = data?.deliveryRetry
      if (result?.__typename === 'Delivery') {
        toast('Retry scheduled')
        await refresh()
      } else setError(failure ? errorMessage(failure) : (result?.message ?? null))
    })
  }
  return { delivery, busy: fetching, error, send }
}

/** Shows a delivery as pending until its next attempt, which may arrive before the response of the API. */
const pendingAfter =
  ({ id, attempts }: Delivery) =>
  (now: Delivery): Delivery =>
    now.id === id && now.attempts.length === attempts.length
      ? { ...now, status: 'PENDING', nextAttemptAt: now.nextAttemptAt ?? new Date().toISOString() }
      : now
