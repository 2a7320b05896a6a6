import type { CombinedError } from '@urql/core'
import { type ReactElement, type ReactNode, useState } from 'react'
import hidden from '../styles/hidden.module.css'
import { Failure } from './banner.tsx'
import { Button } from './button.tsx'
import styles from './table.module.css'

interface TableProps {
  /** What the table lists, for screen readers. */
  label: string
  columns: readonly Column[]
  /** Whether the rows are placeholders. */
  loading: boolean
  className?: string | undefined
  /** Rows with the class `tableRow`. */
  children: ReactNode
}

export interface Column {
  name: string
  /** Whether the name is shown only to screen readers. Default: false. */
  quiet?: boolean
}

/** A table whose rows are links. On a narrow screen each row is a card that shows the `data-label` of its cells. */
export function Table({ label, columns, loading, className, children }: TableProps): ReactElement {
  return (
    <table className={`${styles.table} ${className ?? ''}`} aria-busy={loading} aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ name, quiet }) => (
            <th key={name} scope="col">
              {quiet ? <span className={hidden.hidden}>{name}</span> : name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  )
}

export const tableRow = styles.row

/** The class of a link that covers its whole row or list entry, which has to be positioned. */
export const rowLink = styles.link

interface LoadMoreProps {
  /** Resolves to the error, if there was one. */
  onLoad: () => Promise<CombinedError | undefined>
}

/** Loads the next page of a list. */
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
      {error && <Failure title="Could not load more" error={error} />}
      <Button busy={busy} onClick={load}>
        Load more
      </Button>
    </div>
  )
}
