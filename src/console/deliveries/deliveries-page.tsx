import { getRouteApi, Link } from '@tanstack/react-router'
import { lazy, type ReactElement, Suspense, useMemo } from 'react'
import { StatusBadge } from '../elements/badge.tsx'
import { Banner, DISABLED_TITLE, Failure } from '../elements/banner.tsx'
import { Button, buttonClass } from '../elements/button.tsx'
import { EmptyState, NotReadable, WebhookNotFound } from '../elements/empty-state.tsx'
import { LoadMore } from '../elements/table.tsx'
import { useScopes } from '../session/session.ts'
import { PageHeader, WEBHOOKS_LINK } from '../shell/page-header.tsx'
import { AttemptTable } from './attempt-table.tsx'
import { DeliveriesFilter } from './deliveries-filter.tsx'
import styles from './deliveries-page.module.css'
import { type DeliveriesSearch, filterOf } from './deliveries-search.ts'
import { DeliveryActivity } from './delivery-activity.tsx'
import { OPERATIONS } from './operations.ts'
import { useAttempts } from './use-attempts.ts'

const AttemptPanel = lazy(async () => ({
  default: (await import('./attempt-panel.tsx')).AttemptPanel,
}))

const EXACT = { exact: true }

const route = getRouteApi('/destinations/$id/deliveries')

/** Shows the attempts of a destination as they happen. */
export function DeliveriesPage(): ReactElement {
  const may = useScopes()
  const { id } = route.useParams()
  return may('DESTINATIONS_READ') ? (
    <Deliveries key={id} id={id} />
  ) : (
    <>
      <PageHeader title="Recent deliveries" operations={OPERATIONS} />
      <NotReadable />
    </>
  )
}

function Deliveries({ id }: { id: string }): ReactElement {
  const { status, event, attempt } = route.useSearch()
  const navigate = route.useNavigate()
  const filter = useMemo(
    () => filterOf({ ...(status && { status }), ...(event && { event }) }),
    [status, event],
  )
  const attempts = useAttempts(id, filter)
  const { destination, live, missing } = attempts
  const close = () => void navigate({ search: ({ attempt: _, ...rest }) => rest })
  return (
    <>
      <PageHeader
        title="Recent deliveries"
        trail={[
          WEBHOOKS_LINK,
          <Link key="destination" to="/destinations/$id" params={{ id }} activeOptions={EXACT}>
            {destination?.name ?? 'Webhook'}
          </Link>,
          'Recent deliveries',
        ]}
        status={destination && <StatusBadge status={destination.status} />}
        description={
          destination &&
          `The last 25 delivery attempts to “${destination.name}”. New attempts appear as they happen.`
        }
        operations={OPERATIONS}
      />
      {missing ? <WebhookNotFound /> : <AttemptList id={id} attempts={attempts} />}
      {attempt && !missing && (
        <Suspense>
          <AttemptPanel id={attempt} live={live} onClose={close} />
        </Suspense>
      )}
    </>
  )
}

interface AttemptListProps {
  id: string
  attempts: ReturnType<typeof useAttempts>
}

function AttemptList({ id, attempts }: AttemptListProps): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { destination, error, live, liveFailure, loading, rows, showOlder } = attempts
  const fresh = useMemo(() => new Set(live.map((one) => one.id)), [live])
  const applyFilter = (next: DeliveriesSearch) => void navigate({ search: next, replace: true })
  const filtered = Boolean(search.status || search.event)
  return (
    <div className={styles.page}>
      {error && (
        <Failure title="Could not load deliveries" error={error} onRetry={attempts.retry} />
      )}
      {liveFailure && (
        <Banner
          tone="warn"
          title="Live updates stopped"
          actions={<Button onClick={attempts.resume}>Resume</Button>}
        >
          <p>{liveFailure}</p>
        </Banner>
      )}
      {destination?.status === 'DISABLED' && <Disabled id={id} />}
      <DeliveryActivity id={id} received={attempts.received} />
      <DeliveriesFilter search={search} onChange={applyFilter} />
      {rows.length > 0 || loading ? (
        <AttemptTable rows={rows} loading={loading} fresh={fresh} />
      ) : (
        destination && <NoAttempts filtered={filtered} onClear={() => applyFilter({})} />
      )}
      {showOlder && <LoadMore onLoad={showOlder} />}
    </div>
  )
}

function NoAttempts({
  filtered,
  onClear,
}: {
  filtered: boolean
  onClear: () => void
}): ReactElement {
  if (filtered) {
    return (
      <EmptyState
        title="No attempts match these filters"
        actions={<Button onClick={onClear}>Clear filters</Button>}
      />
    )
  }
  return (
    <EmptyState title="No deliveries yet">
      <p>
        Deliveries appear here when selected events occur. To try it now, send a test event from the
        webhook’s page.
      </p>
    </EmptyState>
  )
}

function Disabled({ id }: { id: string }): ReactElement {
  return (
    <Banner
      tone="bad"
      title={DISABLED_TITLE}
      actions={
        <Link to="/destinations/$id" params={{ id }} className={buttonClass()}>
          Go to webhook
        </Link>
      }
    >
      <p>
        No events are sent. Check the failed attempts below, fix your endpoint, then activate the
        webhook again.
      </p>
    </Banner>
  )
}
