import { Link } from '@tanstack/react-router'
import type { DocumentNode } from 'graphql'
import { type ReactElement, type ReactNode, useEffect } from 'react'
import { ShowGraphql } from '../graphql-view/show-graphql.tsx'
import { useHostPage } from '../host-page.ts'
import styles from './page-header.module.css'

interface PageHeaderProps {
  title: string
  /** The breadcrumbs behind "Settings", outermost first. */
  trail?: readonly ReactNode[]
  /** A badge beside the title. */
  status?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  /** What "Show GraphQL" lists. */
  operations: readonly DocumentNode[]
}

/** The first breadcrumb of every page of a webhook. */
export const WEBHOOKS_LINK = (
  <Link key="webhooks" to="/" activeOptions={{ exact: true }}>
    Webhooks
  </Link>
)

/** Shows the head of a page and passes its title to the host page. */
export function PageHeader(props: PageHeaderProps): ReactElement {
  const { title, trail = [], status, description, actions, operations } = props
  const { onTitle } = useHostPage()
  useEffect(() => onTitle(title), [onTitle, title])
  return (
    <div className={styles.head}>
      <nav aria-label="Breadcrumb" className={styles.trail}>
        <ol>
          {['Settings', ...trail].map((step, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the breadcrumbs of a page keep their order
            <li key={index}>{step}</li>
          ))}
        </ol>
        {operations.length > 0 && <ShowGraphql operations={operations} />}
      </nav>
      <div className={styles.row}>
        <h1 className={styles.title}>{title}</h1>
        {status}
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {description && <p className={styles.description}>{description}</p>}
    </div>
  )
}
