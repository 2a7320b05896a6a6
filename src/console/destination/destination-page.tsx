import { Link, useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Failure } from '../elements/banner.tsx'
import { buttonClass } from '../elements/button.tsx'
import { EmptyState, NotReadable } from '../elements/empty-state.tsx'
import { Skeleton } from '../elements/section.tsx'
import { useScopes } from '../session/session.ts'
import { PageHeader } from '../shell/page-header.tsx'
import { ActivitySection } from './activity-section.tsx'
import { DestinationHead } from './destination-head.tsx'
import styles from './destination-page.module.css'
import { DisabledBanner } from './disabled-banner.tsx'
import { OPERATIONS } from './operations.ts'
import { SecretSection } from './secret/secret-section.tsx'
import { VerificationSection } from './secret/verification-section.tsx'
import { SettingsForm } from './settings-form.tsx'
import { TestSection } from './test-section.tsx'
import { useActivation } from './use-activation.ts'
import { type ChangeDestination, type Detail, useDestination } from './use-destination.ts'
import { useDraft } from './use-draft.ts'

/** A destination: its settings, its secret, and whether it is sent to. */
export function DestinationPage(): ReactElement {
  const { id } = useParams({ from: '/destinations/$id' })
  const may = useScopes()
  if (!may('DESTINATIONS_READ')) {
    return (
      <>
        <Head />
        <NotReadable />
      </>
    )
  }
  // Another destination is another page: nothing of the one before stays.
  return <LoadedDestination key={id} id={id} />
}

function LoadedDestination({ id }: { id: string }): ReactElement {
  const { destination, error, retry, change } = useDestination(id)
  if (error && !destination) {
    return <Failure title="The destination could not be loaded" error={error} onRetry={retry} />
  }
  if (destination === undefined) return <Loading />
  if (destination === null) return <Gone />
  return <ShownDestination destination={destination} change={change} />
}

interface ShownProps {
  destination: Detail
  change: ChangeDestination
}

function ShownDestination({ destination, change }: ShownProps): ReactElement {
  const draft = useDraft(destination, change)
  const activation = useActivation(destination, { draft, change })
  return (
    <>
      <DestinationHead destination={destination} activation={activation} />
      {destination.status === 'DISABLED' && (
        <DisabledBanner destination={destination} activation={activation} />
      )}
      <div className={styles.columns}>
        <div className={styles.column}>
          <SettingsForm destination={destination} draft={draft} />
        </div>
        <div className={styles.column}>
          <SecretSection destination={destination} />
          <VerificationSection destination={destination} />
          <TestSection destination={destination} />
          <ActivitySection destination={destination} />
        </div>
      </div>
    </>
  )
}

const Loading = (): ReactElement => (
  <div className={styles.loading} aria-busy="true">
    <Skeleton lines={2} />
    <Skeleton lines={6} />
  </div>
)

const Gone = (): ReactElement => (
  <>
    <Head />
    <EmptyState
      title="There is no such destination"
      actions={
        <Link to="/" className={buttonClass()}>
          Go to Webhooks
        </Link>
      }
    >
      <p>It was deleted, or belongs to another organization.</p>
    </EmptyState>
  </>
)

/** Of a page without a destination to name it by. */
const Head = (): ReactElement => (
  <PageHeader
    title="Webhook"
    trail={[
      <Link key="webhooks" to="/" activeOptions={{ exact: true }}>
        Webhooks
      </Link>,
      'Webhook',
    ]}
    operations={OPERATIONS}
  />
)
