import type { CombinedError } from '@urql/core'
import { type ReactElement, useState } from 'react'
import { Button } from '../elements/button.tsx'
import { Failure } from '../elements/failure.tsx'
import styles from './load-more.module.css'

interface LoadMoreProps {
  /** Resolves to what went wrong, if anything did. */
  onLoad: () => Promise<CombinedError | undefined>
}

/** Goes on with the next page of a list. */
export function LoadMore({ onLoad }: LoadMoreProps): ReactElement {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<CombinedError>()
  const load = async () => {
    setBusy(true)
    setError(await onLoad())
    setBusy(false)
  }
  return (
    <div className={styles.more}>
      {error && <Failure title="The next ones could not be loaded" error={error} />}
      <Button busy={busy} onClick={load}>
        Load more
      </Button>
    </div>
  )
}
