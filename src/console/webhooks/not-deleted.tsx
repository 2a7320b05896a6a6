import type { ReactElement } from 'react'
import { Banner } from '../elements/banner.tsx'
import { Button } from '../elements/button.tsx'
import { errorMessage } from '../session/client.ts'
import type { FailedDeletion } from './use-deletions.ts'

interface NotDeletedProps {
  failed: FailedDeletion
  onRetry: () => void
  onDismiss: () => void
}

/** Shows why a destination could not be deleted. */
export function NotDeleted({ failed, onRetry, onDismiss }: NotDeletedProps): ReactElement {
  return (
    <Banner
      tone="bad"
      urgent
      title={`Could not delete “${failed.row.name}”`}
      actions={
        <>
          <Button onClick={onRetry}>Try again</Button>
          <Button variant="quiet" onClick={onDismiss}>
            Dismiss
          </Button>
        </>
      }
    >
      <p>{errorMessage(failed.error)}</p>
    </Banner>
  )
}
