import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { AttemptBadge, DeliveryBadge } from '../elements/badge.tsx'
import { Button } from '../elements/button.tsx'
import { formatDuration, Time, useNow } from '../elements/time.tsx'
import { useScopes } from '../session/session.ts'
import type { AttemptDetails } from './attempt-row.ts'
import styles from './delivery-timeline.module.css'
import { useRetry } from './use-retry.ts'

interface DeliveryTimelineProps {
  attempt: AttemptDetails
  /** Reads the attempt again. Resolves when the result is shown. */
  refresh: () => Promise<unknown>
}

/** Lists the attempts of a delivery, and when the next one is due. */
export function DeliveryTimeline({ attempt, refresh }: DeliveryTimelineProps): ReactElement {
  const retry = useRetry(attempt.delivery, refresh)
  const { delivery } = retry
  return (
    <section aria-label="Timeline" className={styles.timeline}>
      <div className={styles.head}>
        <h3>Timeline</h3>
        <DeliveryBadge status={delivery.status} />
        <Retry {...retry} />
      </div>
      <ol className={styles.steps}>
        {delivery.attempts.map((step) => (
          <li
            key={step.id}
            className={styles.step}
            data-status={step.status}
            aria-current={step.id === attempt.id ? 'step' : undefined}
          >
            <Link
              from="/destinations/$id/deliveries"
              to="."
              search={(search) => ({ ...search, attempt: step.id })}
              replace
              className={styles.name}
            >
              Attempt {step.number}
            </Link>
            <AttemptBadge status={step.status} />
            <span className={styles.when}>
              <Time value={step.attemptedAt} />
              {' · '}
              {step.responseCode ?? 'no response'}
              {' · '}
              {formatDuration(step.durationMs)}
            </span>
          </li>
        ))}
        {delivery.nextAttemptAt && <NextAttempt at={delivery.nextAttemptAt} />}
      </ol>
    </section>
  )
}

/** Milliseconds between two updates of the countdown. */
const COUNTDOWN_INTERVAL_MS = 250

/** Counts down to the next attempt. */
function NextAttempt({ at }: { at: string }): ReactElement {
  const seconds = Math.ceil((Date.parse(at) - useNow(COUNTDOWN_INTERVAL_MS)) / 1000)
  return (
    <li className={styles.step} data-status="NEXT">
      <span className={styles.name}>Next attempt</span>
      <span role="timer" className={styles.when}>
        {seconds > 0 ? `in ${seconds} s` : 'due now'}
      </span>
    </li>
  )
}

/** A button that sends the delivery again. */
function Retry({ delivery, busy, error, send }: ReturnType<typeof useRetry>): ReactElement {
  const may = useScopes()
  if (!may('DESTINATIONS_WRITE')) {
    return <span className={styles.note}>Retrying requires the scope DESTINATIONS_WRITE.</span>
  }
  return (
    <>
      <Button
        className={styles.retry}
        busy={busy}
        unavailable={unavailableReason(delivery)}
        onClick={send}
      >
        Retry
      </Button>
      {error && (
        <p role="alert" className={styles.error}>
          {error}
        </p>
      )}
    </>
  )
}

function unavailableReason({
  status,
  event,
  destination,
}: AttemptDetails['delivery']): string | null {
  if (event.erasedAt) return 'The content of this event was erased.'
  if (status === 'PENDING') return 'An attempt is already scheduled.'
  if (destination.status !== 'ACTIVE') return 'Activate the webhook first.'
  return null
}
