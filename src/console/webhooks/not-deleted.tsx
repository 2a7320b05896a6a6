import type { ReactElement } from 'react'
import { Banner } from '../elements/banner.tsx'
import { Button } from '../elements/button.tsx'
import { errorMessage } from '../session/client.ts'
import type { Refusal } from './use-deletions.ts'

interface NotDeletedProps {
  refusal: Refusal
  onRetry: () => void
  onDismiss: () => void
}

/** Why a row is back that was to be deleted. */
export function NotDeleted({ refusal, onRetry, onDismiss }: NotDeletedProps): ReactElement {
  return (
    <Banner
      tone="bad"
      urgent
      title={`“${refusal.row.name}” was not deleted`}
      actions={
        <>
          <Button onClick={onRetry}>Try again</Button>
          <Button variant="quiet" onClick={onDismiss}>
            Dismiss
          </Button>
        </>
      }
    >
      <p>{errorMessage(refusal.error)}</p>
    </Banner>
  )
}
