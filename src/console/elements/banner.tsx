import type { CombinedError } from '@urql/core'
import type { ReactElement, ReactNode } from 'react'
import { errorMessage } from '../session/client.ts'
import styles from './banner.module.css'
import { Button } from './button.tsx'

export const DISABLED_TITLE = 'This webhook was automatically disabled'

interface BannerProps {
  tone: 'bad' | 'warn'
  title: string
  children?: ReactNode
  /** Buttons. */
  actions?: ReactNode
  /** Whether screen readers announce it as soon as it appears. */
  urgent?: boolean
}

/** A message about the whole page. */
export function Banner({ tone, title, children, actions, urgent }: BannerProps): ReactElement {
  return (
    <section
      className={styles.banner}
      data-tone={tone}
      aria-label={title}
      role={urgent ? 'alert' : undefined}
    >
      <div className={styles.words}>
        <p className={styles.title}>{title}</p>
        {children}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </section>
  )
}

interface FailureProps {
  /** What failed, as in "Could not load webhooks". */
  title: string
  error: CombinedError
  onRetry?: () => void
}

/** Shows what failed and why, with a button that tries again. */
export function Failure({ title, error, onRetry }: FailureProps): ReactElement {
  return (
    <Banner
      tone="bad"
      urgent
      title={title}
      actions={onRetry && <Button onClick={onRetry}>Try again</Button>}
    >
      <p>{errorMessage(error)}</p>
    </Banner>
  )
}
