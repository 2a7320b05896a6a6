import type { ReactElement } from 'react'
import { Banner } from '../elements/banner.tsx'
import { Button } from '../elements/button.tsx'
import { errorMessage } from '../session/client.ts'
import type { Deletions } from './use-deletions.ts'

/** Shows why destinations could not be deleted. */
export function FailedDeletions({ deletions }: { deletions: Deletions }): readonly ReactElement[] {
  const { dismiss, failed, start } = deletions
  return failed.map(({ row, error }) => (
    <Banner
      key={row.id}
      tone="bad"
      urgent
      title={`Could not delete “${row.name}”`}
      actions={
        <>
          <Button onClick={() => start(row)}>Try again</Button>
          <Button variant="quiet" onClick={() => dismiss(row)}>
            Dismiss
          </Button>
        </>
      }
    >
      <p>{errorMessage(error)}</p>
    </Banner>
  ))
}
