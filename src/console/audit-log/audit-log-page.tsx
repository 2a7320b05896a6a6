import { getRouteApi } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Failure } from '../elements/banner.tsx'
import { Button } from '../elements/button.tsx'
import { EmptyState } from '../elements/empty-state.tsx'
import { SelectField } from '../elements/field.tsx'
import { LoadMore } from '../elements/table.tsx'
import { useScopes } from '../session/session.ts'
import { PageHeader } from '../shell/page-header.tsx'
import styles from './audit-log-page.module.css'
import { ACTION_NAMES, ACTIONS, type AuditLogSearch } from './audit-log-search.ts'
import { AuditLogTable } from './audit-log-table.tsx'
import { OPERATIONS } from './operations.ts'
import { useAuditLog } from './use-audit-log.ts'

const route = getRouteApi('/audit-log')

/** Shows who did what in the organization. */
export function AuditLogPage(): ReactElement {
  const may = useScopes()
  return (
    <>
      <PageHeader
        title="Audit log"
        trail={['Audit log']}
        description="Who changed webhooks, saw secrets, created keys and erased events. Entries cannot be changed."
        operations={OPERATIONS}
      />
      {may('DESTINATIONS_READ') && may('KEYS_MANAGE') ? <AuditLog /> : <NotPermitted />}
    </>
  )
}

const NotPermitted = (): ReactElement => (
  <EmptyState title="You can’t view the audit log">
    <p>
      It requires the scopes DESTINATIONS_READ and KEYS_MANAGE. Sign in with a key that has both.
    </p>
  </EmptyState>
)

const ANY = ''

function AuditLog(): ReactElement {
  const { action } = route.useSearch()
  const navigate = route.useNavigate()
  const { error, loadMore, retry, rows } = useAuditLog(action)
  const applyFilter = (search: AuditLogSearch) => void navigate({ search, replace: true })
  return (
    <div className={styles.page}>
      {error && <Failure title="Could not load the audit log" error={error} onRetry={retry} />}
      <search className={styles.filter}>
        <SelectField
          quiet
          label="Action"
          value={action ?? ANY}
          options={[
            { value: ANY, label: 'Any action' },
            ...ACTIONS.map((value) => ({ value, label: ACTION_NAMES[value] })),
          ]}
          onChange={(value) => applyFilter(value ? { action: value } : {})}
        />
      </search>
      {rows?.length === 0 ? (
        <EmptyState
          title={action ? 'No entries with this action' : 'No entries yet'}
          actions={action && <Button onClick={() => applyFilter({})}>Clear filter</Button>}
        />
      ) : (
        (rows || !error) && <AuditLogTable rows={rows} />
      )}
      {loadMore && <LoadMore onLoad={loadMore} />}
    </div>
  )
}
