import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { StatusBadge } from '../elements/badge.tsx'
import { Button, Icon } from '../elements/button.tsx'
import { EmptyState } from '../elements/empty-state.tsx'
import { Skeleton } from '../elements/section.tsx'
import { type Column, rowLink, Table, tableRow } from '../elements/table.tsx'
import { Time } from '../elements/time.tsx'
import { titleOf } from '../events/event-types.ts'
import { useScopes } from '../session/session.ts'
import hidden from '../styles/hidden.module.css'
import type { Row } from './destination-rows.ts'
import styles from './destination-table.module.css'

interface DestinationTableProps {
  rows: Row[]
  loading: boolean
  onDelete: (row: Row) => void
  /** Removes the filter. */
  onClear: () => void
}

const COLUMNS: readonly Column[] = [
  { name: 'Name' },
  { name: 'Status' },
  { name: 'Events' },
  { name: 'Failures' },
  { name: 'Last attempt' },
  { name: 'Actions', quiet: true },
]

export function DestinationTable(props: DestinationTableProps): ReactElement {
  const { rows, loading, onDelete, onClear } = props
  if (!loading && rows.length === 0) {
    return (
      <EmptyState
        title="No webhooks match these filters"
        actions={<Button onClick={onClear}>Clear filters</Button>}
      >
        <p>Try another search or status.</p>
      </EmptyState>
    )
  }
  return (
    <Table label="Webhooks" columns={COLUMNS} loading={loading}>
      {loading
        ? ['first', 'second', 'third'].map((row) => <PlaceholderRow key={row} />)
        : rows.map((row) => <DestinationRow key={row.id} row={row} onDelete={onDelete} />)}
    </Table>
  )
}

function DestinationRow({
  row,
  onDelete,
}: {
  row: Row
  onDelete: (row: Row) => void
}): ReactElement {
  const may = useScopes()
  return (
    <tr className={`${tableRow} ${styles.row}`}>
      <th scope="row" className={styles.name}>
        <Link
          to="/destinations/$id"
          params={{ id: row.id }}
          className={`${rowLink} ${styles.link}`}
        >
          {row.name}
        </Link>
        <span className={styles.url}>{row.url ?? 'No URL'}</span>
      </th>
      <td data-label="Status">
        <StatusBadge status={row.status} />
      </td>
      <td data-label="Events">
        <Events events={row.events} />
      </td>
      <td data-label="Failures">
        <Failures count={row.failureCount} limit={row.failureLimit} />
      </td>
      <td data-label="Last attempt">
        <LastAttempt attempt={row.lastAttempt} />
      </td>
      <td className={styles.end}>
        {may('DESTINATIONS_WRITE') && (
          <Button
            variant="quiet"
            className={styles.delete}
            aria-label={`Delete ${row.name}`}
            aria-haspopup="dialog"
            onClick={() => onDelete(row)}
          >
            <Icon>
              <path d="M4 5.5h12M8 5.5v-2h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5" />
            </Icon>
            Delete
          </Button>
        )}
      </td>
    </tr>
  )
}

function Events({ events }: Pick<Row, 'events'>): ReactElement {
  const [first] = events
  if (first === undefined) return <span className={styles.muted}>None</span>
  const names = events.map(titleOf)
  return (
    <span title={names.join(', ')}>
      {events.length === 1 ? names[0] : `${events.length} events`}
    </span>
  )
}

function Failures({ count, limit }: { count: number; limit: number }): ReactElement {
  return (
    <span
      className={styles.failures}
      data-level={count === 0 ? 'none' : count < limit / 2 ? 'some' : 'many'}
    >
      {count}/{limit}
    </span>
  )
}

function LastAttempt({ attempt }: { attempt: Row['lastAttempt'] }): ReactElement {
  if (!attempt) return <span className={styles.muted}>Never</span>
  const succeeded = attempt.status === 'SUCCEEDED'
  return (
    <span className={styles.attempt}>
      <span className={styles.dot} data-status={attempt.status} aria-hidden="true" />
      <span className={hidden.hidden}>{succeeded ? 'Succeeded' : 'Failed'}</span>
      <Time value={attempt.attemptedAt} relative />
    </span>
  )
}

const PlaceholderRow = (): ReactElement => (
  <tr className={tableRow}>
    <td className={styles.name}>
      <Skeleton lines={2} />
    </td>
    {['status', 'events', 'failures', 'attempt', 'end'].map((cell) => (
      <td key={cell}>
        <Skeleton />
      </td>
    ))}
  </tr>
)
