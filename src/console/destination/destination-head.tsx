import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { StatusBadge } from '../elements/badge.tsx'
import { Button, buttonClass } from '../elements/button.tsx'
import { useScopes } from '../session/session.ts'
import { PageHeader, WEBHOOKS_LINK } from '../shell/page-header.tsx'
import styles from './destination-head.module.css'
import { OPERATIONS } from './operations.ts'
import type { Activation } from './use-activation.ts'
import type { Detail } from './use-destination.ts'

interface DestinationHeadProps {
  destination: Detail
  activation: Activation
}

/** Shows the name and the status, with the buttons that activate and deactivate. */
export function DestinationHead({ destination, activation }: DestinationHeadProps): ReactElement {
  const may = useScopes()
  const { id, name, status, failureCount, failureLimit } = destination
  const { error, unavailable } = activation
  return (
    <>
      <PageHeader
        title={name}
        trail={[WEBHOOKS_LINK, name]}
        status={
          <>
            <StatusBadge status={status} />
            {failureCount > 0 && (
              <span className={styles.failures}>
                {failureCount < failureLimit
                  ? `${failureCount} of ${failureLimit} failures`
                  : `${failureCount} failures`}
              </span>
            )}
          </>
        }
        actions={
          <>
            <Link to="/destinations/$id/deliveries" params={{ id }} className={buttonClass()}>
              View recent deliveries
            </Link>
            {may('DESTINATIONS_WRITE') && (
              <ActivationButton status={status} activation={activation} />
            )}
          </>
        }
        operations={OPERATIONS}
      />
      {status !== 'ACTIVE' && unavailable && may('DESTINATIONS_WRITE') && (
        <p className={styles.reason}>{unavailable}</p>
      )}
      {error && (
        <p role="alert" className={styles.error}>
          {error}
        </p>
      )}
    </>
  )
}

interface ActivationButtonProps {
  status: Detail['status']
  activation: Activation
}

function ActivationButton({ status, activation }: ActivationButtonProps): ReactElement {
  const { activate, busy, deactivate, unavailable } = activation
  return status === 'ACTIVE' ? (
    <Button busy={busy} onClick={deactivate}>
      Deactivate webhook
    </Button>
  ) : (
    <Button variant="primary" busy={busy} unavailable={unavailable} onClick={activate}>
      Activate webhook
    </Button>
  )
}
