import type { ReactElement, ReactNode } from 'react'
import type { AttemptStatus, DeliveryStatus, DestinationStatus } from '../generated/graphql.ts'
import styles from './badge.module.css'

type Tone = 'good' | 'bad' | 'warn' | 'idle'

/** A state in a word. */
function Badge({ tone, children }: { tone: Tone; children: ReactNode }): ReactElement {
  return (
    <span className={styles.badge} data-tone={tone}>
      {children}
    </span>
  )
}

export const STATUS_NAMES: Record<DestinationStatus, string> = {
  ACTIVE: 'Active',
  INACTIVE: 'Inactive',
  DISABLED: 'Disabled',
}

const TONES: Record<DestinationStatus, Tone> = { ACTIVE: 'good', INACTIVE: 'idle', DISABLED: 'bad' }

export function StatusBadge({ status }: { status: DestinationStatus }): ReactElement {
  return <Badge tone={TONES[status]}>{STATUS_NAMES[status]}</Badge>
}

export const ATTEMPT_STATUS_NAMES: Record<AttemptStatus, string> = {
  SUCCEEDED: 'Success',
  FAILED: 'Failed',
}

export function AttemptBadge({ status }: { status: AttemptStatus }): ReactElement {
  const tone = status === 'SUCCEEDED' ? 'good' : 'bad'
  return <Badge tone={tone}>{ATTEMPT_STATUS_NAMES[status]}</Badge>
}

const DELIVERY_STATUS: Record<DeliveryStatus, [name: string, tone: Tone]> = {
  PENDING: ['Pending', 'warn'],
  SUCCEEDED: ['Delivered', 'good'],
  FAILED: ['Failed', 'bad'],
  CANCELED: ['Canceled', 'idle'],
  SKIPPED: ['Skipped', 'idle'],
}

export function DeliveryBadge({ status }: { status: DeliveryStatus }): ReactElement {
  const [name, tone] = DELIVERY_STATUS[status]
  return <Badge tone={tone}>{name}</Badge>
}
