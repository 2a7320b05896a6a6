import type { CombinedError } from '@urql/core'
import { type ReactElement, type ReactNode, useState } from 'react'
import hidden from '../styles/hidden.module.css'
import { Failure } from './banner.tsx'
import { Button } from './button.tsx'
import styles from './table.module.css'

interface TableProps {
  /** What it lists, for screen readers. */
  label: string
  columns: readonly Column[]
  /** The rows stand for some that are not here yet. */
  loading: boolean
  className?: string | undefined
  /** Rows with the class `tableRow`. */
  children: ReactNode
}

export interface Column {
  name: string
  /** Leaves the name to screen readers, where the cells say enough. */
  quiet?: boolean
}

/** Rows that each lead somewhere. On a narrow screen each is a card, whose cells are named by their `data-label`. */
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

/** For the link where a row leads, or an entry of a list: all of it can be pressed. It has to be positioned. */
export const rowLink = styles.link

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
