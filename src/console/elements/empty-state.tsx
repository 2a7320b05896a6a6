import type { ReactElement, ReactNode } from 'react'
import styles from './empty-state.module.css'

interface EmptyStateProps {
  title: string
  children?: ReactNode
  actions?: ReactNode
}

/** What stands where a list would be: why there is nothing, and what to do about it. */
export function EmptyState({ title, children, actions }: EmptyStateProps): ReactElement {
  return (
    <div className={styles.empty}>
      <h2 className={styles.title}>{title}</h2>
      {children}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  )
}

/** In place of what a key without the scope DESTINATIONS_READ cannot see. */
export function NotReadable(): ReactElement {
  return (
    <EmptyState title="Your key cannot read destinations">
      <p>It lacks the scope DESTINATIONS_READ. Sign in with one that has it, or ask who made it.</p>
    </EmptyState>
  )
}
