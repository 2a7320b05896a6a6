import { getRouteApi, Link } from '@tanstack/react-router'
import { lazy, type ReactElement, Suspense, useMemo } from 'react'
import { StatusBadge } from '../elements/badge.tsx'
import { Banner, Failure } from '../elements/banner.tsx'
import { Button, buttonClass } from '../elements/button.tsx'
import { EmptyState } from '../elements/empty-state.tsx'
import { LoadMore } from '../elements/table.tsx'
import { useScopes } from '../session/session.ts'
import { PageHeader } from '../shell/page-header.tsx'
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

/** The way to a page goes over other pages. */
const EXACT = { exact: true }

const route = getRouteApi('/destinations/$id/deliveries')

/** Recent deliveries: what was sent to a destination and what came of it, as it happens. */
export function DeliveriesPage(): ReactElement {
  const may = useScopes()
  const { id } = route.useParams()
  return may('DESTINATIONS_READ') ? (
    <Deliveries key={id} id={id} />
  ) : (
    <>
      <PageHeader title="Recent deliveries" operations={OPERATIONS} />
      <p>
        Your key cannot read deliveries: it lacks the scope DESTINATIONS_READ. Sign in with one that
        has it.
      </p>
    </>
  )
}

function Deliveries({ id }: { id: string }): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { status, event, attempt } = search
  const filter = useMemo(
    () => filterOf({ ...(status && { status }), ...(event && { event }) }),
    [status, event],
  )
  const attempts = useAttempts(id, filter)
  const { destination, rows, live } = attempts
  const fresh = useMemo(() => new Set(live.map((one) => one.id)), [live])
  const narrow = (next: DeliveriesSearch) => void navigate({ search: next, replace: true })
  const close = () => void navigate({ search: ({ attempt: _, ...rest }) => rest })
  return (
    <>
      <PageHeader
        title="Recent deliveries"
        trail={[
          <Link key="webhooks" to="/" activeOptions={EXACT}>
            Webhooks
          </Link>,
          <Link key="destination" to="/destinations/$id" params={{ id }} activeOptions={EXACT}>
            {destination?.name ?? 'Destination'}
          </Link>,
          'Recent deliveries',
        ]}
        status={destination && <StatusBadge status={destination.status} />}
        description={
          destination &&
          `The last 25 attempts to deliver to “${destination.name}”, and each new one as it is made.`
        }
        operations={OPERATIONS}
      />
      {attempts.missing ? (
        <NoDestination />
      ) : (
        <div className={styles.page}>
          {attempts.error && (
            <Failure
              title="The deliveries could not be loaded"
              error={attempts.error}
              onRetry={attempts.retry}
            />
          )}
          {attempts.liveFailure && (
            <Banner
              tone="warn"
              title="New deliveries are not shown any more"
              actions={<Button onClick={attempts.watchAgain}>Watch again</Button>}
            >
              <p>{attempts.liveFailure}</p>
            </Banner>
          )}
          {destination?.status === 'DISABLED' && <Disabled id={id} />}
          <DeliveryActivity id={id} arrived={attempts.arrived} />
          <DeliveriesFilter search={search} onChange={narrow} />
          {rows.length > 0 || attempts.loading ? (
            <AttemptTable rows={rows} loading={attempts.loading} fresh={fresh} />
          ) : (
            destination && (
              <NoAttempts narrowed={Boolean(status || event)} onClear={() => narrow({})} />
            )
          )}
          {attempts.showOlder && <LoadMore onLoad={attempts.showOlder} />}
        </div>
      )}
      {attempt && !attempts.missing && (
        <Suspense>
          <AttemptPanel id={attempt} live={live} onClose={close} />
        </Suspense>
      )}
    </>
  )
}

function NoAttempts({
  narrowed,
  onClear,
}: {
  narrowed: boolean
  onClear: () => void
}): ReactElement {
  if (narrowed) {
    return (
      <EmptyState
        title="No attempt matches"
        actions={<Button onClick={onClear}>Clear filter</Button>}
      >
        <p>None ended with this status and told of this event.</p>
      </EmptyState>
    )
  }
  return (
    <EmptyState title="Nothing has been sent yet">
      <p>
        As soon as one of the selected events happens, its delivery shows up here by itself. On the
        webhook’s page you can send a test event.
      </p>
    </EmptyState>
  )
}

function Disabled({ id }: { id: string }): ReactElement {
  return (
    <Banner
      tone="bad"
      title="This webhook was automatically disabled"
      actions={
        <Link to="/destinations/$id" params={{ id }} className={buttonClass()}>
          Go to the webhook
        </Link>
      }
    >
      <p>Nothing is sent. Look below what went wrong, fix it, then activate the webhook again.</p>
    </Banner>
  )
}

function NoDestination(): ReactElement {
  return (
    <EmptyState
      title="There is no such destination"
      actions={
        <Link to="/" className={buttonClass()}>
          Go to Webhooks
        </Link>
      }
    >
      <p>It was deleted, and its deliveries with it, or belongs to another organization.</p>
    </EmptyState>
  )
}
