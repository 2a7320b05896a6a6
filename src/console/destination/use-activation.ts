import { useState } from 'react'
import { useMutation } from 'urql'
import { useToast } from '../elements/toast.tsx'
import { explain } from '../explain-error.ts'
import { ActivateDestinationDocument, DeactivateDestinationDocument } from './operations.ts'
import type { Detail } from './use-destination.ts'

export type Activation = ReturnType<typeof useActivation>

interface Options {
  /** Whether something is edited and not saved. */
  changed: boolean
  expect: (destination: Detail) => void
}

/** Turns a destination on and off. It shows at once, and turns back if the API refuses. */
export function useActivation(destination: Detail, { changed, expect }: Options) {
  const toast = useToast()
  const [error, setError] = useState<string | null>(null)
  const [activating, activate] = useMutation(ActivateDestinationDocument)
  const [deactivating, deactivate] = useMutation(DeactivateDestinationDocument)
  const { id } = destination
  return {
    error,
    busy: activating.fetching || deactivating.fetching,
    /** Why it cannot be activated now; null when it can. */
    unavailable: obstacleOf(destination, changed),
    async activate() {
      setError(null)
      expect({ ...destination, status: 'ACTIVE', failureCount: 0, disabledAt: null })
      const { data, error: failure } = await activate({ id })
      const result = data?.destinationActivate
      if (result?.__typename === 'Destination') {
        expect(result)
        return toast('The webhook is active: events are sent as they happen.')
      }
      expect(destination)
      setError(result?.message ?? (failure ? explain(failure) : null))
    },
    async deactivate() {
      setError(null)
      expect({ ...destination, status: 'INACTIVE' })
      const { data, error: failure } = await deactivate({ id })
      const result = data?.destinationDeactivate
      if (result?.__typename === 'Destination') {
        expect(result)
        return toast('The webhook is inactive: nothing is sent until you activate it again.')
      }
      expect(destination)
      setError(result?.message ?? (failure ? explain(failure) : null))
    },
  }
}

function obstacleOf({ url, events }: Detail, changed: boolean): string | null {
  if (changed) return 'Save your changes before you activate the webhook.'
  if (url === null && events.length === 0) {
    return 'To activate the webhook, set its URL, select at least one event, and save.'
  }
  if (url === null) return 'To activate the webhook, set its URL and save.'
  if (events.length === 0) return 'To activate the webhook, select at least one event and save.'
  return null
}
