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

/** Activates and deactivates a destination. The new status shows at once, and the old one again if the API refuses. */
export function useActivation(destination: Detail, { draft, change }: Options) {
  const toast = useToast()
  const [error, setError] = useState<string | null>(null)
  const [activating, activate] = useMutation(ActivateDestinationDocument)
  const [deactivating, deactivate] = useMutation(DeactivateDestinationDocument)
  const { id } = destination
  return {
    error,
    busy: activating.fetching || deactivating.fetching,
    /** Why it cannot be activated now; null if it can. */
    unavailable: unavailableReason(destination, draft),
    activate() {
      setError(null)
      return change({ status: 'ACTIVE', failureCount: 0, disabledAt: null }, async () => {
        const { data, error: failure } = await activate({ id })
        const result = data?.destinationActivate
        if (result?.__typename === 'Destination') {
          toast('Webhook activated')
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
          toast('Webhook deactivated')
          return result
        }
        setError(result?.message ?? (failure ? errorMessage(failure) : null))
        return null
      })
    },
  }
}

function unavailableReason({ url, events }: Detail, { changed, saving }: Draft): string | null {
  if (saving) return 'Saving your changes…'
  if (changed) return 'Save your changes before activating the webhook.'
  if (url === null && events.length === 0) {
    return 'To activate the webhook, set a URL, select at least one event and save.'
  }
  if (url === null) return 'To activate the webhook, set a URL and save.'
  if (events.length === 0) return 'To activate the webhook, select at least one event and save.'
  return null
}
