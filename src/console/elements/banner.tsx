import type { CombinedError } from '@urql/core'
import type { ReactElement, ReactNode } from 'react'
import { errorMessage } from '../session/client.ts'
import styles from './banner.module.css'
import { Button } from './button.tsx'

interface BannerProps {
  tone: 'bad' | 'warn' | 'good' | 'accent'
  title: string
  children?: ReactNode
  /** Buttons that help. */
  actions?: ReactNode
  /** Said by screen readers as soon as it appears. */
  urgent?: boolean
}

/** Something that concerns the whole page. */
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
      <p>{errorMessage(error)}</p>
    </Banner>
  )
}
