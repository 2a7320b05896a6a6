import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { StatusBadge } from '../elements/badge.tsx'
import { Button, buttonClass } from '../elements/button.tsx'
import { useScopes } from '../session/session.ts'
import { PageHeader } from '../shell/page-header.tsx'
import styles from './destination-head.module.css'
import { OPERATIONS } from './operations.ts'
import type { Activation } from './use-activation.ts'
import type { Detail } from './use-destination.ts'

interface DestinationHeadProps {
  destination: Detail
  activation: Activation
}

/** Which destination it is, how it stands, and the buttons that change that. */
export function DestinationHead({ destination, activation }: DestinationHeadProps): ReactElement {
  const may = useScopes()
  const { id, name, status, failureCount, failureLimit } = destination
  const { error, unavailable } = activation
  return (
    <>
      <PageHeader
        title={name}
        trail={[
          <Link key="webhooks" to="/" activeOptions={{ exact: true }}>
            Webhooks
          </Link>,
          name,
        ]}
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
            {may('DESTINATIONS_WRITE') && <Switch status={status} activation={activation} />}
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

interface SwitchProps {
  status: Detail['status']
  activation: Activation
}

function Switch({ status, activation }: SwitchProps): ReactElement {
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
