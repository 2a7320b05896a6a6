import { Link } from '@tanstack/react-router'
import { memo, type ReactElement } from 'react'
import { AttemptBadge } from '../elements/badge.tsx'
import { Skeleton } from '../elements/section.tsx'
import { type Column, rowLink, Table, tableRow } from '../elements/table.tsx'
import { formatDuration, Time } from '../elements/time.tsx'
import { titleOf } from '../events/event-types.ts'
import type { Attempt } from './attempt-row.ts'
import styles from './attempt-table.module.css'

interface AttemptTableProps {
  rows: readonly Attempt[]
  loading: boolean
  /** Ids of attempts received live, which are highlighted. */
  fresh: ReadonlySet<string>
}

const COLUMNS: readonly Column[] = [
  { name: 'Status' },
  { name: 'Event' },
  { name: 'Time' },
  { name: 'Response code' },
  { name: 'Retry count' },
  { name: 'Duration' },
]

/** Lists attempts, newest first. Each row opens its details. */
export function AttemptTable({ rows, loading, fresh }: AttemptTableProps): ReactElement {
  return (
    <Table label="Delivery attempts" columns={COLUMNS} loading={loading} className={styles.table}>
      {loading
        ? ['first', 'second', 'third', 'fourth'].map((row) => <PlaceholderRow key={row} />)
        : rows.map((row) => <AttemptTableRow key={row.id} row={row} fresh={fresh.has(row.id)} />)}
    </Table>
  )
}

const AttemptTableRow = memo(function AttemptTableRow({
  row,
  fresh,
}: {
  row: Attempt
  fresh: boolean
}): ReactElement {
  return (
    <tr className={`${tableRow} ${styles.row}`} data-fresh={fresh} data-attempt={row.id}>
      <td className={styles.status}>
        <AttemptBadge status={row.status} />
      </td>
      <th scope="row" className={styles.event}>
        <Link
          from="/destinations/$id/deliveries"
          to="."
          search={(search) => ({ ...search, attempt: row.id })}
          className={rowLink}
        >
          {titleOf(row.eventType)}
        </Link>
        {row.delivery.test && <span className={styles.test}>Test</span>}
      </th>
      <td className={styles.time}>
        <Time value={row.attemptedAt} />
      </td>
      <td data-label="Response code">
        <ResponseCode row={row} />
      </td>
      <td data-label="Retry count">{row.retryCount}</td>
      <td data-label="Duration">{formatDuration(row.durationMs)}</td>
    </tr>
  )
})

/** Shows the response code, or why there is none. */
function ResponseCode({ row: { responseCode, failure } }: { row: Attempt }): ReactElement {
  if (responseCode !== null && responseCode !== undefined) return <>{responseCode}</>
  return (
    <span className={styles.none} title={failure?.message}>
      {failure ? FAILURE_NAMES[failure.code] : '–'}
    </span>
  )
}

const FAILURE_NAMES: Record<NonNullable<Attempt['failure']>['code'], string> = {
  HTTP_STATUS: 'None',
  REDIRECT: 'None',
  TIMEOUT: 'Timeout',
  DNS: 'DNS error',
  CONNECTION: 'Connection failed',
  TLS: 'TLS error',
  BAD_RESPONSE: 'Invalid response',
  BLOCKED_ADDRESS: 'Blocked address',
  SECRET_UNAVAILABLE: 'Not sent',
}

const PlaceholderRow = (): ReactElement => (
  <tr className={`${tableRow} ${styles.row}`}>
    {['status', 'event', 'time', 'code', 'retry', 'duration'].map((cell) => (
      <td key={cell}>
        <Skeleton />
      </td>
    ))}
  </tr>
)
