import type { CombinedError } from '@urql/core'
import type { ReactElement } from 'react'
import { explain } from '../explain-error.ts'
import { Banner } from './banner.tsx'
import { Button } from './button.tsx'

interface FailureProps {
  /** What could not be done, as in "The destinations could not be loaded". */
  title: string
  error: CombinedError
  onRetry?: () => void
}

/** What failed, why, and the way to try again. */
export function Failure({ title, error, onRetry }: FailureProps): ReactElement {
  return (
    <Banner
      tone="bad"
      urgent
      title={title}
      actions={onRetry && <Button onClick={onRetry}>Try again</Button>}
    >
      <p>{explain(error)}</p>
    </Banner>
  )
}
