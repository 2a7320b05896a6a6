import { useEffect, useState } from 'react'
import { useMutation } from 'urql'
import { useToast } from '../elements/toast.tsx'
import { errorMessage } from '../session/client.ts'
import { useOptimisticValue } from '../use-optimistic-value.ts'
import type { AttemptDetails } from './attempt-row.ts'
import { RetryDeliveryDocument } from './operations.ts'

type Delivery = AttemptDetails['delivery']

/**
 * Sends a delivery again. It waits to be sent at once, and stands as before if the API refuses.
 * @param refresh resolves once the delivery is shown as it now is
 */
export function useRetry(told: Delivery, refresh: () => Promise<unknown>) {
  const toast = useToast()
  const [delivery, expect] = useOptimisticValue(told)
  const [{ fetching }, retry] = useMutation(RetryDeliveryDocument)
  const [refusal, setRefusal] = useState<string | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was refused before says nothing of now
  useEffect(() => setRefusal(null), [told.id, told.status])
  const send = () => {
    setRefusal(null)
    return expect(pendingAfter(told), async () => {
      const { data, error } = await retry({ id: told.id })
      const answer = data?.deliveryRetry
      if (answer?.__typename === 'Delivery') {
        toast('The delivery is on its way again.')
        await refresh()
      } else setRefusal(error ? errorMessage(error) : (answer?.message ?? null))
    })
  }
  return { delivery, busy: fetching, refusal, send }
}

/** As it waits for its next attempt, until that is there: it may be told of before the API has answered. */
const pendingAfter =
  ({ id, attempts }: Delivery) =>
  (now: Delivery): Delivery =>
    now.id === id && now.attempts.length === attempts.length
      ? { ...now, status: 'PENDING', nextAttemptAt: now.nextAttemptAt ?? new Date().toISOString() }
      : now
