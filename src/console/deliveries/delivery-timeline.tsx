import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { AttemptBadge, DeliveryBadge, durationOf } from '../elements/badge.tsx'
import { Button } from '../elements/button.tsx'
import { Time, useNow } from '../elements/time.tsx'
import { useScopes } from '../session/session.ts'
import type { AttemptDetails } from './attempt-row.ts'
import styles from './delivery-timeline.module.css'
import { useRetry } from './use-retry.ts'

interface DeliveryTimelineProps {
  attempt: AttemptDetails
  /** Resolves once what the API now says is shown. */
  refresh: () => Promise<unknown>
}

/** Every attempt of a delivery, and when the next one is due. */
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
              {step.number === 1 ? 'First try' : `Attempt ${step.number}`}
            </Link>
            <AttemptBadge status={step.status} />
            <span className={styles.when}>
              <Time value={step.attemptedAt} />
              {' · '}
              {step.responseCode ?? 'no answer'}
              {' · '}
              {durationOf(step.durationMs)}
            </span>
          </li>
        ))}
        {delivery.nextAttemptAt && <NextAttempt at={delivery.nextAttemptAt} />}
      </ol>
    </section>
  )
}

/** Counts down to the next attempt. */
function NextAttempt({ at }: { at: string }): ReactElement {
  const seconds = Math.ceil((Date.parse(at) - useNow(250)) / 1000)
  return (
    <li className={styles.step} data-status="NEXT">
      <span className={styles.name}>Next attempt</span>
      <span role="timer" className={styles.when}>
        {seconds > 0 ? `in ${seconds} s` : 'any moment now'}
      </span>
    </li>
  )
}

/** Sends the delivery again. */
function Retry({ delivery, busy, refusal, send }: ReturnType<typeof useRetry>): ReactElement {
  const may = useScopes()
  if (!may('DESTINATIONS_WRITE')) {
    return (
      <span className={styles.note}>To retry takes a key with the scope DESTINATIONS_WRITE.</span>
    )
  }
  return (
    <>
      <Button
        className={styles.retry}
        busy={busy}
        unavailable={unavailable(delivery)}
        onClick={send}
      >
        Retry
      </Button>
      {refusal && (
        <p role="alert" className={styles.refusal}>
          {refusal}
        </p>
      )}
    </>
  )
}

function unavailable({ status, event, destination }: AttemptDetails['delivery']): string | null {
  if (event.erasedAt) return 'The content of this event was erased: it cannot be sent again.'
  if (status === 'PENDING') return 'It is waiting to be sent already.'
  if (destination.status !== 'ACTIVE') return 'Activate the webhook first.'
  return null
}
