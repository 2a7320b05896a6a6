import type { ReactElement } from 'react'
import { useQuery } from 'urql'
import { Banner, DISABLED_TITLE } from '../elements/banner.tsx'
import { Button } from '../elements/button.tsx'
import { Skeleton } from '../elements/section.tsx'
import { Time } from '../elements/time.tsx'
import { titleOf } from '../events/event-types.ts'
import { useScopes } from '../session/session.ts'
import styles from './disabled-banner.module.css'
import { LastFailuresDocument } from './operations.ts'
import type { Activation } from './use-activation.ts'
import type { Detail } from './use-destination.ts'

interface DisabledBannerProps {
  destination: Detail
  activation: Activation
}

/** Says that the destination was disabled: when, after which failures, and what to do. */
export function DisabledBanner({ destination, activation }: DisabledBannerProps): ReactElement {
  const { id, disabledAt, failureLimit } = destination
  const may = useScopes()
  const activateButton = (
    <Button
      busy={activation.busy}
      unavailable={activation.unavailable}
      onClick={activation.activate}
    >
      Activate webhook
    </Button>
  )
  return (
    <div className={styles.banner}>
      <Banner
        tone="bad"
        urgent
        title={DISABLED_TITLE}
        actions={may('DESTINATIONS_WRITE') && activateButton}
      >
        <p>
          {disabledAt && (
            <>
              Disabled on <Time value={disabledAt} /> after {failureLimit} failed attempts.{' '}
            </>
          )}
          No events are sent. Fix your endpoint, then activate the webhook again.
        </p>
        <LatestFailures id={id} />
      </Banner>
    </div>
  )
}

function LatestFailures({ id }: { id: string }): ReactElement {
  const [{ data }] = useQuery({
    query: LastFailuresDocument,
    variables: { id },
    requestPolicy: 'network-only',
  })
  const failures = data?.destination?.attempts.nodes
  if (!failures) return <Skeleton lines={3} />
  return (
    <ul className={styles.failures} aria-label="Latest failures">
      {failures.map(({ id: attempt, attemptedAt, eventType, failure }) => (
        <li key={attempt}>
          <span className={styles.when}>
            <Time value={attemptedAt} /> · {titleOf(eventType)}
          </span>
          {failure?.message}
        </li>
      ))}
    </ul>
  )
}
