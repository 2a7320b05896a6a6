import { useState } from 'react'
import { useMutation } from 'urql'
import { useToast } from '../elements/toast.tsx'
import { errorMessage } from '../session/client.ts'
import { ActivateDestinationDocument, DeactivateDestinationDocument } from './operations.ts'
import type { ChangeDestination, Detail } from './use-destination.ts'
import type { Draft } from './use-draft.ts'

export type Activation = ReturnType<typeof useActivation>

interface Options {
  draft: Draft
  change: ChangeDestination
}

/** Turns a destination on and off. It shows at once, and turns back if the API refuses. */
export function useActivation(destination: Detail, { draft, change }: Options) {
  const toast = useToast()
  const [error, setError] = useState<string | null>(null)
  const [activating, activate] = useMutation(ActivateDestinationDocument)
  const [deactivating, deactivate] = useMutation(DeactivateDestinationDocument)
  const { id } = destination
  return {
    error,
    busy: activating.fetching || deactivating.fetching,
    /** Why it cannot be activated now; null when it can. */
    unavailable: obstacleOf(destination, draft),
    activate() {
      setError(null)
      return change({ status: 'ACTIVE', failureCount: 0, disabledAt: null }, async () => {
        const { data, error: failure } = await activate({ id })
        const result = data?.destinationActivate
        if (result?.__typename === 'Destination') {
          toast('The webhook is active: events are sent as they happen.')
          return result
        }
        setError(result?.message ?? (failure ? errorMessage(failure) : null))
        return null
      })
    },
    deactivate() {
      setError(null)
      return change({ status: 'INACTIVE' }, async () => {
        const { data, error: failure } = await deactivate({ id })
        const result = data?.destinationDeactivate
        if (result?.__typename === 'Destination') {
          toast('The webhook is inactive: nothing is sent until you activate it again.')
          return result
        }
        setError(result?.message ?? (failure ? errorMessage(failure) : null))
        return null
      })
    },
  }
}

function obstacleOf({ url, events }: Detail, { changed, saving }: Draft): string | null {
  if (saving) return 'Your changes are being saved.'
  if (changed) return 'Save your changes before you activate the webhook.'
  if (url === null && events.length === 0) {
    return 'To activate the webhook, set its URL, select at least one event, and save.'
  }
  if (url === null) return 'To activate the webhook, set its URL and save.'
  if (events.length === 0) return 'To activate the webhook, select at least one event and save.'
  return null
}
