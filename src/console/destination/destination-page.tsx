import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Failure } from '../elements/banner.tsx'
import { NotReadable, WebhookNotFound } from '../elements/empty-state.tsx'
import { Skeleton } from '../elements/section.tsx'
import { useScopes } from '../session/session.ts'
import { PageHeader, WEBHOOKS_LINK } from '../shell/page-header.tsx'
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

/** Shows the settings, the signing secret, a test and the activity of a destination. */
export function DestinationPage(): ReactElement {
  const { id } = useParams({ from: '/destinations/$id' })
  const may = useScopes()
  if (!may('DESTINATIONS_READ')) {
    return (
      <>
        <HeadWithoutDestination />
        <NotReadable />
      </>
    )
  }
  // The key resets all state when the page shows another destination.
  return <LoadedDestination key={id} id={id} />
}

function LoadedDestination({ id }: { id: string }): ReactElement {
  const { destination, error, retry, change } = useDestination(id)
  if (error && !destination) {
    return <Failure title="Could not load the webhook" error={error} onRetry={retry} />
  }
  if (destination === undefined) return <Loading />
  if (destination === null) {
    return (
      <>
        <HeadWithoutDestination />
        <WebhookNotFound />
      </>
    )
  }
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
          <VerificationSection />
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

const HeadWithoutDestination = (): ReactElement => (
  <PageHeader title="Webhook" trail={[WEBHOOKS_LINK, 'Webhook']} operations={OPERATIONS} />
)
