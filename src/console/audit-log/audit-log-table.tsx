import type { ReactElement } from 'react'
import { Skeleton } from '../elements/section.tsx'
import { type Column, Table, tableRow } from '../elements/table.tsx'
import { Time } from '../elements/time.tsx'
import { isEventType, titleOf } from '../events/event-types.ts'
import { ACTION_NAMES } from './audit-log-search.ts'
import styles from './audit-log-table.module.css'
import type { AuditLogRow } from './use-audit-log.ts'

const COLUMNS: readonly Column[] = [
  { name: 'Action' },
  { name: 'Name' },
  { name: 'By' },
  { name: 'Time' },
  { name: 'Changes' },
]

/** Lists entries of the audit log, newest first. */
export function AuditLogTable({ rows }: { rows: readonly AuditLogRow[] | null }): ReactElement {
  const className = styles.table
  return (
    <Table label="Audit log" columns={COLUMNS} loading={rows === null} className={className}>
      {rows === null
        ? ['first', 'second', 'third', 'fourth'].map((row) => <PlaceholderRow key={row} />)
        : rows.map((row) => <EntryRow key={row.id} row={row} />)}
    </Table>
  )
}

function EntryRow({ row }: { row: AuditLogRow }): ReactElement {
  return (
    <tr className={`${tableRow} ${styles.row}`}>
      <th scope="row" className={styles.action}>
        {ACTION_NAMES[row.action]}
      </th>
      <td data-label="Name" className={styles.name} title={row.subjectId}>
        {row.subjectName ?? row.subjectId}
      </td>
      <td data-label="By" className={styles.name}>
        {actorOf(row)}
      </td>
      <td className={styles.time}>
        <Time value={row.createdAt} />
      </td>
      <td className={styles.changes}>
        {row.changes.length > 0 && (
          <ul>
            {row.changes.map(({ after, before, setting }) => (
              <li key={setting}>
                <span className={styles.setting}>{SETTING_NAMES[setting] ?? setting}</span>{' '}
                {!isEmpty(before) && <del>{textOf(before)}</del>} <ins>{textOf(after)}</ins>
              </li>
            ))}
          </ul>
        )}
      </td>
    </tr>
  )
}

const ACTOR_KINDS = {
  API_KEY: 'API key',
  USER: 'User',
  PLATFORM: 'Bigmind',
  OPERATOR: 'Operator',
  SERVICE: 'Webhook service',
} as const

function actorOf({ actor: { id, kind, name } }: AuditLogRow): string {
  const called = name ?? id
  return called ? `${ACTOR_KINDS[kind]} ${called}` : ACTOR_KINDS[kind]
}

const SETTING_NAMES: Record<string, string> = {
  name: 'Name',
  url: 'URL',
  events: 'Events',
  status: 'Status',
  scopes: 'Scopes',
  expiresAt: 'Expires',
  overlapSeconds: 'Overlap in seconds',
}

const isEmpty = (value: unknown) =>
  value === null || value === undefined || (Array.isArray(value) && value.length === 0)

/** Shows a value of a setting, which can be a text, a number or a list. */
function textOf(value: unknown): string {
  if (isEmpty(value)) return 'none'
  if (Array.isArray(value)) return value.map(textOf).join(', ')
  return isEventType(value) ? titleOf(value) : String(value)
}

const PlaceholderRow = (): ReactElement => (
  <tr className={`${tableRow} ${styles.row}`}>
    {COLUMNS.map(({ name }) => (
      <td key={name}>
        <Skeleton />
      </td>
    ))}
  </tr>
)
