import { Link } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'
import { buttonClass } from './button.tsx'
import styles from './empty-state.module.css'

interface EmptyStateProps {
  title: string
  children?: ReactNode
  actions?: ReactNode
}

/** Takes the place of a list or a page that has nothing to show: says why, and what to do next. */
export function EmptyState({ title, children, actions }: EmptyStateProps): ReactElement {
  return (
    <div className={styles.empty}>
      <h2 className={styles.title}>{title}</h2>
      {children}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  )
}

/** Something that does not exist, with a link to the list of webhooks. */
export function NotFound({ title, children }: { title: string; children: string }): ReactElement {
  return (
    <EmptyState
      title={title}
      actions={
        <Link to="/" className={buttonClass()}>
          Go to Webhooks
        </Link>
      }
    >
      <p>{children}</p>
    </EmptyState>
  )
}

export const WebhookNotFound = (): ReactElement => (
  <NotFound title="Webhook not found">It was deleted or belongs to another organization.</NotFound>
)

/** Takes the place of what requires the scope DESTINATIONS_READ. */
export const NotReadable = (): ReactElement => (
  <EmptyState title="You can’t view webhooks">
    <p>Your key lacks the scope DESTINATIONS_READ. Sign in with a key that has it.</p>
  </EmptyState>
)
