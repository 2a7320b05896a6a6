import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, type ReactElement, Suspense, useState } from 'react'
import { Failure } from '../elements/banner.tsx'
import { Button } from '../elements/button.tsx'
import { NotReadable } from '../elements/empty-state.tsx'
import { LoadMore } from '../elements/table.tsx'
import { useScopes } from '../session/session.ts'
import { PageHeader } from '../shell/page-header.tsx'
import type { Row } from './destination-rows.ts'
import { DestinationTable } from './destination-table.tsx'
import { FailedDeletions } from './failed-deletions.tsx'
import { NoDestinations } from './no-destinations.tsx'
import { OPERATIONS } from './operations.ts'
import { useDeletions } from './use-deletions.ts'
import { useDestinations } from './use-destinations.ts'
import { WebhooksFilter } from './webhooks-filter.tsx'
import styles from './webhooks-page.module.css'
import type { WebhooksSearch } from './webhooks-search.ts'

const CreateDestination = lazy(async () => ({
  default: (await import('./create-destination.tsx')).CreateDestination,
}))
const DeleteDestination = lazy(async () => ({
  default: (await import('./delete-destination.tsx')).DeleteDestination,
}))

/** Lists the webhooks, with their status and last attempt. */
export function WebhooksPage(): ReactElement {
  const may = useScopes()
  const [creating, setCreating] = useState(false)
  const create = may('DESTINATIONS_WRITE') && (
    <Button variant="primary" aria-haspopup="dialog" onClick={() => setCreating(true)}>
      Create destination
    </Button>
  )
  return (
    <>
      <PageHeader
        title="Webhooks"
        trail={['Webhooks']}
        description="Send events from Bigmind to your systems as signed HTTP requests."
        actions={create}
        operations={OPERATIONS}
      />
      {may('DESTINATIONS_READ') ? <DestinationList create={create} /> : <NotReadable />}
      {creating && (
        <Suspense>
          <CreateDestination onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </>
  )
}

function DestinationList({ create }: { create: ReactElement | false }): ReactElement {
  const search = useSearch({ from: '/' })
  const navigate = useNavigate({ from: '/' })
  const [deleting, setDeleting] = useState<Row | null>(null)
  const list = useDestinations(search)
  const deletions = useDeletions(list.remove)
  const applyFilter = (next: WebhooksSearch) => void navigate({ search: next, replace: true })
  const isFiltered = search.search !== undefined || search.status !== undefined
  if (list.error) {
    return <Failure title="Could not load webhooks" error={list.error} onRetry={list.retry} />
  }
  if (!isFiltered && !list.loading && list.rows.length === 0)
    return <NoDestinations create={create} />
  return (
    <div className={styles.list}>
      <FailedDeletions deletions={deletions} />
      <WebhooksFilter
        search={search}
        total={list.loading ? null : list.total}
        onChange={applyFilter}
      />
      <DestinationTable
        rows={list.rows}
        loading={list.loading}
        onDelete={setDeleting}
        onClear={() => applyFilter({})}
      />
      {list.hasMore && <LoadMore onLoad={list.loadMore} />}
      {deleting && (
        <Suspense>
          <DeleteDestination
            name={deleting.name}
            onConfirm={() => {
              setDeleting(null)
              void deletions.start(deleting)
            }}
            onClose={() => setDeleting(null)}
          />
        </Suspense>
      )}
    </div>
  )
}
