import type { ReactElement, ReactNode } from 'react'
import styles from './banner.module.css'

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
