import type { DocumentNode } from 'graphql'
import { type ReactElement, type ReactNode, useEffect } from 'react'
import { ShowGraphql } from '../graphql-view/show-graphql.tsx'
import { useHostPage } from '../host-page.ts'
import styles from './page-header.module.css'

interface PageHeaderProps {
  title: string
  /** The way to this page: links, from the outermost. "Settings" comes before them by itself. */
  trail?: readonly ReactNode[]
  /** Beside the title: a state. */
  status?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  /** The operations behind the page, which "Show GraphQL" shows. */
  operations: readonly DocumentNode[]
}

/** The head of every page; it also tells the page around what is shown. */
export function PageHeader(props: PageHeaderProps): ReactElement {
  const { title, trail = [], status, description, actions, operations } = props
  const { onTitle } = useHostPage()
  useEffect(() => onTitle(title), [onTitle, title])
  return (
    <div className={styles.head}>
      <nav aria-label="You are here" className={styles.trail}>
        <ol>
          {['Settings', ...trail].map((step, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the way is always the same
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
